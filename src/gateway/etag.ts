/**
 * Computes the entity tag of an object or a part: commit time (microseconds since 1970) and size, in hex. The tag changes with every
 * commit. It is not an MD5, because hashing would take more processor time than the rest of a PUT.
 */
export function etagOf(version: number, size: number): string {
  return `"${version.toString(16)}-${size.toString(16)}"`;
}

/** Returns the next version in microseconds since 1970. It is higher than the last version, even if the clock was set back. */
export function nextVersion(last: number | undefined): number {
  return Math.max(Date.now() * 1000, (last ?? 0) + 1);
}
