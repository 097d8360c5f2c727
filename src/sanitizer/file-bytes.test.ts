import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBytes } from './file-bytes.ts';

describe('the bytes of a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-bytes-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each([1_000, 300_000])('are never replaced by zeros if the open file is shortened: %i bytes', async (length) => {
    const path = join(folder, `${length}`);
    await writeFile(path, Buffer.alloc(length, 1));
    const file = openBytes(path);
    await truncate(path, length - 1);
    expect(() => file.read(0, length)).toThrow('changed while it was being read');
    expect(file.read(0, length - 1).equals(Buffer.alloc(length - 1, 1))).toBe(true);
    file.close();
  });
});
