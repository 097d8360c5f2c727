import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';

/** Hexadecimal SHA-256 of a regular file. Rejects on a symbolic link, because a cell may have left one. */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  const hash = createHash('sha256');
  await pipeline(createReadStream('', { fd: file, highWaterMark: 2 ** 20 }), hash, { signal });
  return hash.digest('hex');
}
