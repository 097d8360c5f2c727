import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const BUFFER_BYTES = 2 ** 20;

/**
 * Hexadecimal SHA-256 of a regular file. Rejects on a symbolic link, because a cell may have left one, and with the
 * signal's reason.
 */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const hash = createHash('sha256');
    // One buffer for the entire file: a stream would leave one for each read to the garbage collector.
    const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, BUFFER_BYTES);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
