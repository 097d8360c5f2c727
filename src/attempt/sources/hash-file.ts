import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';

const BUFFER_BYTES = 2 ** 20;

const readBytes = promisify(read);

/**
 * Computes the hexadecimal SHA-256 of a regular file. Rejects if the path is a symbolic link, because a cell may have left a link, and with
 * the signal's reason if the signal aborts.
 */
export async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const hash = createHash('sha256');
    // A single buffer for the entire file, because a stream would allocate a buffer for each read.
    const buffer = Buffer.allocUnsafeSlow(Math.min(BUFFER_BYTES, fstatSync(file).size + 1));
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await readBytes(file, buffer, 0, buffer.length, null);
      if (bytesRead === 0) return hash.digest('hex');
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    closeSync(file);
  }
}
