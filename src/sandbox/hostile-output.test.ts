import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureOutput } from './output-usage.ts';
import { removeTree } from './remove-tree.ts';

describe('an output folder filled by hostile code', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'airlock-output-'));
  });
  afterEach(() => {
    if (existsSync(folder)) execFileSync('/usr/bin/rm', ['-rf', folder]);
  });

  /** Grows from the inside out, so that no path is ever too long to be named. */
  function nest(levels: number): void {
    const name = (level: number) => `${level}-`.padEnd(200, 'n');
    mkdirSync(join(folder, name(0)));
    for (let level = 1; level < levels; level += 1) {
      mkdirSync(join(folder, name(level)));
      renameSync(join(folder, name(level - 1)), join(folder, name(level), name(level - 1)));
    }
  }

  it('is removed although it nests deeper than any path reaches', async () => {
    nest(60);
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('is removed although its folders forbid everything', async () => {
    mkdirSync(join(folder, 'a/b'), { recursive: true });
    writeFileSync(join(folder, 'a/b/c'), '');
    chmodSync(join(folder, 'a/b'), 0);
    chmodSync(join(folder, 'a'), 0);
    await removeTree(folder);
    expect(existsSync(folder)).toBe(false);
  });

  it('counts as too many files when it nests too deep to be seen', () => {
    nest(60);
    expect(measureOutput(folder, 1000).files).toBeGreaterThan(1000);
  });

  it('is measured in blocks, so that holes cost nothing, and counted with its folders', () => {
    writeFileSync(join(folder, 'full'), Buffer.alloc(100_000, 1));
    writeFileSync(join(folder, 'sparse'), '');
    truncateSync(join(folder, 'sparse'), 10_000_000);
    mkdirSync(join(folder, 'sub'));
    const usage = measureOutput(folder, 10);
    expect(usage.files).toBe(3);
    expect(usage.bytes).toBeGreaterThanOrEqual(100_000);
    expect(usage.bytes).toBeLessThan(1_000_000);
  });

  it('stops the count at the limit', () => {
    for (let index = 0; index < 20; index += 1) writeFileSync(join(folder, String(index)), '');
    expect(measureOutput(folder, 5).files).toBe(6);
  });

  it('may be gone already', async () => {
    rmSync(folder, { recursive: true });
    await removeTree(folder);
    expect(measureOutput(folder, 5)).toEqual({ bytes: 0, files: 0 });
  });
});
