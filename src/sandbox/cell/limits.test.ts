import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isOverLimit, measureOutputs } from './limits.ts';

describe('the outputs of a cell', () => {
  let output: string;
  beforeEach(() => {
    output = mkdtempSync(join(tmpdir(), 'airlock-output-'));
    writeFileSync(join(output, 'full'), Buffer.alloc(100_000, 1));
    writeFileSync(join(output, 'sparse'), '');
    truncateSync(join(output, 'sparse'), 10_000_000);
  });
  afterEach(() => rmSync(output, { recursive: true }));

  it('are measured in blocks, so that holes are free', () => {
    const bytes = measureOutputs({ output, outputs: ['full', 'sparse'] });
    expect(bytes).toBeGreaterThanOrEqual(100_000);
    expect(bytes).toBeLessThan(1_000_000);
  });

  it('are limited in sum, while the kernel limits a single output', () => {
    expect(isOverLimit({ output, outputs: ['full', 'sparse'], directories: [] }, 50_000)).toBe(true);
    expect(isOverLimit({ output, outputs: ['full', 'sparse'], directories: [] }, 150_000)).toBe(false);
    expect(isOverLimit({ output, outputs: ['full'], directories: [] }, 50_000)).toBe(false);
  });

  it('in a directory are limited in bytes and in number, and other directories are not allowed', () => {
    const tree = { name: 'tree', directories: ['low'], maxFiles: 2 };
    const isOver = (bytes: number) => isOverLimit({ output, outputs: [], directories: [tree] }, bytes);
    mkdirSync(join(output, 'tree', 'low'), { recursive: true });
    writeFileSync(join(output, 'tree', 'a'), Buffer.alloc(100_000, 1));
    expect([isOver(200_000), isOver(50_000)]).toEqual([false, true]);
    writeFileSync(join(output, 'tree', 'low', 'b'), Buffer.alloc(100_000, 1));
    expect([isOver(250_000), isOver(150_000)]).toEqual([false, true]);
    mkdirSync(join(output, 'tree', 'other'));
    expect(isOver(250_000)).toBe(true);
    rmSync(join(output, 'tree', 'other'), { recursive: true });
    writeFileSync(join(output, 'tree', 'c'), '');
    expect(isOver(250_000)).toBe(true);
    rmSync(join(output, 'tree'), { recursive: true });
    symlinkSync('/', join(output, 'tree'));
    expect(isOver(250_000)).toBe(true);
  });
});
