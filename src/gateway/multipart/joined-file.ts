import { constants, fchmodSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { joinedPath, type PartFile } from './part-files.ts';

/*
 * The file of an upload in parts of one size. Each part is written at its position in the object:
 *
 *     <upload>/joined          |  part 1  |  part 2  |          |  part 4  |
 *     <upload>/00001~VERSION@SIZE, 00002~…, 00004~…              empty files that show which parts are complete
 *
 * A complete part is never overwritten: a part that is sent again gets its own file. Therefore, the bytes of an entity tag never change.
 */

/** Opens the file for a PUT of one part. Returns null if the file cannot be written, for example because it has become an object. */
export async function openJoined(folder: string): Promise<FileHandle | null> {
  const flags = constants.O_CREAT | constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(joinedPath(folder), flags, 0o600).catch(() => null);
  const stats = await handle?.stat();
  if (handle && stats?.isFile() && stats.nlink === 1 && (stats.mode & 0o200) !== 0) return handle;
  await handle?.close();
  return null;
}

/** Whether the file contains exactly the selected parts, in their order without gaps. */
export function containsExactly(
  selected: readonly PartFile[],
  stored: readonly PartFile[],
  partSize: number | null,
): boolean {
  if (partSize === null || selected.length !== stored.length) return false;
  return selected.every(({ isInPlace, number, size }, index) => {
    const isLast = index === selected.length - 1;
    return isInPlace && number === index + 1 && (isLast ? size <= partSize : size === partSize);
  });
}

/** Truncates the file to `size` bytes, and makes it durable and read-only. */
export async function sealJoined(folder: string, size: number): Promise<void> {
  const handle = await open(joinedPath(folder), constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    // An interrupted PUT of a part may have left bytes after the last part.
    if ((await handle.stat()).size !== size) await handle.truncate(size);
    fchmodSync(handle.fd, 0o444);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
