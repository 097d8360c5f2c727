import type { BigIntStats } from 'node:fs';

/*
 * The request with which a worker hands over a file instead of sending its bytes, an extension of S3: a PUT without a body. Other stores
 * reject the parameters or never receive them.
 */

/** Parameter of PUT: the path of the file below the folder of work files, with slashes. */
export const HANDED_OVER = 'airlock-hand-over';

/** Parameter of PUT: the mark of the file that the worker has hashed. */
export const FILE_MARK = 'airlock-file-mark';

/** Returns a mark that identifies a file and its state: every write to the file changes the mark. */
export function markOf({ size, ino, mtimeNs }: Pick<BigIntStats, 'size' | 'ino' | 'mtimeNs'>): string {
  return `${size}-${ino}-${mtimeNs}`;
}

/**
 * Returns the folders and the name of a handed-over file. Null if the path could leave its folder, or is not a path that a worker sends.
 */
export function parseHandedOver(path: string): string[] | null {
  const parts = path.split('/');
  const isSafe = parts.every((part) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/.test(part));
  return isSafe && parts.length >= 2 && parts.length <= 4 ? parts : null;
}
