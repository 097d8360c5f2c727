import { linkSync, type Stats } from 'node:fs';

/** Whether only root and this account can change a file or folder, according to its owner and its mode. */
export function isOnlyOurs({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  return (uid === 0 || uid === process.getuid!()) && (mode & 0o022) === 0;
}

/** Creates a hard link to a file. Returns false if this is not possible, for example because the target is on another file system. */
export function isLinked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
