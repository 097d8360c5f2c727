/**
 * Returns the path of the page that uses the token of a setup link. The token follows `#`, because browsers send no fragment to servers.
 */
export function setupPath(token: string): string {
  return `/setup#${token}`;
}
