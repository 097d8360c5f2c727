import { closeSync, fstatSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';

const readBytes = promisify(read);

/** Maximum number of bytes that are read to detect the type of a file. */
const HEAD_BYTES = 64 * 1024;

/** Reads the first bytes and the size of a local file. */
export async function readHead(path: string): Promise<{ head: Buffer; size: number }> {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    await readBytes(file, head, 0, head.length, 0);
    return { head, size };
  } finally {
    closeSync(file);
  }
}
