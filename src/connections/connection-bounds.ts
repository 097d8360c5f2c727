import type { BucketAccess } from './stored-connection.ts';

/** The use of a key in the bucket of a connection. */
export interface BucketUse {
  purpose: 'read' | 'write';
  /** A key, or the folder of keys with a slash at the end. */
  key: string;
}

/** Returns why a connection does not allow a use, and what to do instead. Returns null if it allows the use. */
export function findBoundFault(
  { prefix = '', mode = 'read_write' }: Pick<BucketAccess, 'prefix' | 'mode'>,
  { purpose, key }: BucketUse,
): { reason: string; remedy: string } | null {
  if (mode !== 'read_write' && mode !== purpose) {
    const allowed = mode === 'read' ? 'only for reading sources' : 'only for delivering outputs';
    return {
      reason: `names a connection ${allowed}`,
      remedy: `Use a connection with the mode ${purpose} or read_write`,
    };
  }
  // Stores behind a file system resolve such segments, which would leave the prefix.
  const leaves = prefix !== '' && key.split('/').some((segment) => segment === '.' || segment === '..');
  if (key.startsWith(prefix) && !leaves) return null;
  return { reason: `is outside of the prefix "${prefix}" of the connection`, remedy: `Use a key below "${prefix}"` };
}
