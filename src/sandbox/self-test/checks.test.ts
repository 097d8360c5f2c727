import { describe, expect, it } from 'vitest';
import type { ProgramResult } from '../cell/run.ts';
import type { CellLimits } from '../types.ts';
import { endCheck, isInconclusive, withDetail } from './checks.ts';

const LIMITS: CellLimits = { memoryBytes: 2 ** 26, cpuSeconds: 5, wallMs: 30_000, outputBytes: 1 };
const result = (changes: Partial<ProgramResult>): ProgramResult => ({
  ...{ end: 'exit', exitCode: 0, signal: null, stderr: '', outputDir: '/x', cpuMs: 12, maxRssBytes: 3 * 2 ** 20 },
  ...{ wallMs: 30_021, release: async () => {} },
  ...changes,
});

describe('a check of the self-test', () => {
  it('reports how a failed cell ended, how long it took and how busy the machine was', () => {
    const ended = result({ end: 'limit_wall', exitCode: 137, stderr: 'text of the program\n' });
    const failed = endCheck('start threads', 'limit_processes', ended);
    const [check, other] = withDetail([failed, { ...failed, passed: true }], ended, LIMITS);
    expect(check!.detail).toMatch(
      /^the cell ended with limit_wall \(code 137\), after 30021 of 30000 ms, 12 of 5000 ms of CPU time, at most 3 of 64 MiB, machine load [\d.]+ on \d+ CPUs, stderr: text of the program$/,
    );
    expect(other!.detail).toBeUndefined();
  });

  it('is inconclusive only if a limit or a crash ended the cell, never if the cell exited', () => {
    expect((['limit_wall', 'limit_memory', 'crash'] as const).map(isInconclusive)).toEqual([true, true, true]);
    expect((['exit', 'violation', 'canceled'] as const).map(isInconclusive)).toEqual([false, false, false]);
  });

  it('fails if the bomb exits with 0, even if `exit` is the expected end', () => {
    expect(endCheck('x', 'exit', result({})).passed).toBe(false);
    expect(endCheck('x', 'limit_wall', result({ end: 'limit_wall', exitCode: null })).passed).toBe(true);
  });
});
