import type { BigIntStats } from 'node:fs';

/*
 * The request by which a worker hands over a file instead of sending its bytes, an extension of S3: a PUT without a body.
 * Another store rejects the parameters, or never receives them.
 */

/** Parameter of PUT: the path of the file below the folder of work files, with slashes. */
export const HANDED_OVER = 'airlock-hand-over';

/** Parameter of PUT: the mark of the file that the worker has hashed. */
export const FILE_MARK = 'airlock-file-mark';

/** Which file is meant, in which state: every write to a file changes its mark. */
export function markOf({ size, ino, mtimeNs }: Pick<BigIntStats, 'size' | 'ino' | 'mtimeNs'>): string {
  return `${size}-${ino}-${mtimeNs}`;
}

/** The folders and the name of a handed-over file; null if the path could leave its folder or is no path of a worker. */
export function parseHandedOver(path: string): string[] | null {
  const parts = path.split('/');
  const isSafe = parts.every((part) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/.test(part));
  return isSafe && parts.length >= 2 && parts.length <= 4 ? parts : null;
}
