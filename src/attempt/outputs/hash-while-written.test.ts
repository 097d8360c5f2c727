import { createHash, randomBytes } from 'node:crypto';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashWhileWritten } from './hash-while-written.ts';

describe('the hash of a file that is being written', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-hash-written-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('covers all bytes of the file, regardless of how they are written', async () => {
    const many = Array.from({ length: 300 }, () => 1000);
    for (const [number, sizes] of [[0], [1], [2 ** 20, 3, 2 ** 21 + 1], many].entries()) {
      const path = join(folder, String(number));
      const parts = sizes.map((size) => randomBytes(size));
      const write = async () => {
        await new Promise((resolve) => setImmediate(resolve));
        await writeFile(path, '');
        for (const part of parts) await appendFile(path, part);
      };
      const sha256 = createHash('sha256').update(Buffer.concat(parts)).digest('hex');
      expect(await hashWhileWritten(path, write())).toBe(sha256);
    }
  });

  it('fails if the file never appears, or with the error of the writer', async () => {
    await expect(hashWhileWritten(join(folder, 'none'), Promise.resolve())).rejects.toMatchObject({ code: 'ENOENT' });
    const path = join(folder, 'half');
    await writeFile(path, 'half');
    await expect(hashWhileWritten(path, Promise.reject(new Error('a full disk')))).rejects.toThrow('a full disk');
  });
});
