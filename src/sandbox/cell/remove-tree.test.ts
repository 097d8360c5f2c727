import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { removeTree } from './remove-tree.ts';

describe('an output folder filled by hostile code', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-output-'));
  });
  afterEach(() => {
    if (existsSync(folder)) execFileSync('/usr/bin/rm', ['-rf', folder]);
  });

  /** Creates the folders from the inside out, so that no path is ever too long to use. */
  function nest(levels: number): void {
    const name = (level: number) => `${level}-`.padEnd(200, 'n');
    mkdirSync(join(folder, name(0)));
    for (let level = 1; level < levels; level += 1) {
      mkdirSync(join(folder, name(level)));
      renameSync(join(folder, name(level - 1)), join(folder, name(level), name(level - 1)));
    }
  }

  it('is removed even if its folders are nested deeper than the longest path', async () => {
    nest(60);
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('is removed even if its folders have no permissions', async () => {
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    writeFileSync(join(folder, 'a/b/c'), '');
    chmodSync(join(folder, 'a/b'), 0);
    chmodSync(join(folder, 'a'), 0);
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('is removed if it has many entries, and a file that is too large to be removed synchronously', async () => {
    mkdirSync(join(folder, 'many'));
    for (let file = 0; file < 100; file += 1) writeFileSync(join(folder, `many/${file}`), '');
    truncateSync(join(folder, 'many/0'), 2 ** 30);
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('is removed with its links, but without the targets of the links', async () => {
    const target = join(folder, '..', `${basename(folder)}-target`);
    mkdirSync(target);
    writeFileSync(join(target, 'kept'), '');
    symlinkSync(target, join(folder, 'link'));
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
    expect(existsSync(join(target, 'kept'))).toBe(true);
    rmSync(target, { recursive: true });
  });

  it('may have been removed before the call', async () => {
    rmSync(folder, { recursive: true });
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });
});
