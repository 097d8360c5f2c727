import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashFile } from './hash-file.ts';

describe('the hash of a file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-hash-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('covers all bytes of the file, regardless of its size', async () => {
    for (const size of [0, 1, 2 ** 20, 2.5 * 2 ** 20]) {
      const bytes = randomBytes(size);
      const path = join(folder, String(size));
      await writeFile(path, bytes);
      expect(await hashFile(path)).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it('fails for a symbolic link, and with the reason of an aborted signal', async () => {
    const [file, link] = [join(folder, 'file'), join(folder, 'link')];
    await writeFile(file, 'bytes');
    await symlink(file, link);
    await expect(hashFile(link)).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(hashFile(file, AbortSignal.abort('canceled'))).rejects.toBe('canceled');
  });
});
