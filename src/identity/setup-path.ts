/** Path of the page that takes the token of a setup link. It stands behind `#`, which browsers send to no server. */
export function setupPath(token: string): string {
  return `/setup#${token}`;
}
