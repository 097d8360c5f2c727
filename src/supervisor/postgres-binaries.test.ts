import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installTree } from './postgres-binaries.ts';

describe('the files of PostgreSQL from npm', () => {
  let folder: string;
  let source: string;
  const target = (name: string) => join(folder, 'installed', name);
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-binaries-'));
    source = join(folder, 'bin');
    await mkdir(source);
    for (const name of ['postgres', 'initdb', 'libpgcommon.a']) await writeFile(join(source, name), name);
    for (const name of ['postgres', 'initdb']) await chmod(join(source, name), 0o755);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('are hard links, so that they need no space and survive the deletion of the package', async () => {
    expect(installTree(source, target(''))).toBe(false);
    expect((await stat(target('postgres'))).ino).toBe((await stat(join(source, 'postgres'))).ino);
    await rm(source, { recursive: true });
    expect((await stat(target('postgres'))).mode & 0o777).toBe(0o755);
    await expect(stat(target('libpgcommon.a'))).rejects.toThrow('ENOENT');
  });

  it.each([
    ['that others can change', 0o775],
    ['that other accounts cannot read', 0o700],
  ])('are copies, with their own mode, of files %s', async (_, mode) => {
    await chmod(join(source, 'postgres'), mode);
    expect(installTree(source, target(''))).toBe(true);
    expect((await stat(target('postgres'))).ino).not.toBe((await stat(join(source, 'postgres'))).ino);
    expect((await stat(target('postgres'))).mode & 0o777).toBe(0o755);
    expect((await stat(join(source, 'postgres'))).mode & 0o777).toBe(mode);
    expect((await stat(target('initdb'))).ino).toBe((await stat(join(source, 'initdb'))).ino);
  });
});
