/**
 * Computes the entity tag of an object or a part: commit time (microseconds since 1970) and size, in hex. It changes with every commit. It
 * is no MD5, because hashing would cost more than the rest of a PUT.
 */
export function etagOf(version: number, size: number): string {
  return `"${version.toString(16)}-${size.toString(16)}"`;
}

/** Returns microseconds since 1970, always more than the last version of the same name, even if the clock was set back. */
export function nextVersion(last: number | undefined): number {
  return Math.max(Date.now() * 1000, (last ?? 0) + 1);
}
