/**
 * The one formula of entity tags, for objects and parts: when these bytes were committed (microseconds since 1970) and how
 * many they are, in hex. It changes with every commit. No MD5: hashing would cost more than all the rest of a PUT.
 */
export function etagOf(version: number, size: number): string {
  return `"${version.toString(16)}-${size.toString(16)}"`;
}

/** Never below the last one of the same name, even when the clock was set back. Microseconds since 1970. */
export function nextVersion(last: number | undefined): number {
  return Math.max(Date.now() * 1000, (last ?? 0) + 1);
}
