import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
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

  it('are measured in blocks, so holes count nothing', () => {
    const bytes = measureOutputs({ output, outputs: ['full', 'sparse'] });
    expect(bytes).toBeGreaterThanOrEqual(100_000);
    expect(bytes).toBeLessThan(1_000_000);
  });

  it('are limited in sum; a single output is left to the kernel', () => {
    expect(isOverLimit({ output, outputs: ['full', 'sparse'] }, 50_000)).toBe(true);
    expect(isOverLimit({ output, outputs: ['full', 'sparse'] }, 150_000)).toBe(false);
    expect(isOverLimit({ output, outputs: ['full'] }, 50_000)).toBe(false);
  });
});
