import { open } from 'node:fs/promises';

/** Bytes from which the type of a file is detected. */
const HEAD_BYTES = 64 * 1024;

/** Reads the first bytes and the size of a local file. */
export async function readHead(path: string): Promise<{ head: Buffer; size: number }> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const head = Buffer.alloc(Math.min(HEAD_BYTES, size));
    await file.read(head, 0, head.length, 0);
    return { head, size };
  } finally {
    await file.close();
  }
}
