import { availableParallelism, loadavg } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { ProgramResult } from '../cell/run.ts';
import type { CellEnd, CellLimits, SelfTestCheck } from '../types.ts';

/** Checks how a cell ended. A bomb that exits with 0 was not stopped, for any value of `expected`. */
export function endCheck(attempt: string, expected: CellEnd, result: ProgramResult): SelfTestCheck {
  const seen = `${result.end} (${result.signal ?? `code ${result.exitCode}`})`;
  return { attempt, expected, seen, passed: result.end === expected && result.exitCode !== 0, promised: true };
}

/** Returns the kernel's return value, or the name of the error that it reports. */
export function describeReturn(result: number): string {
  if (result >= 0) return String(result);
  try {
    return getSystemErrorName(result);
  } catch {
    return String(result);
  }
}

/** Adds details of the cell and the machine to each failed check, so that a rare failure can be diagnosed. */
export function withDetail(
  checks: readonly SelfTestCheck[],
  result: ProgramResult,
  limits: CellLimits,
): SelfTestCheck[] {
  const facts = [
    `the cell ended with ${result.end} (${result.signal ?? `code ${result.exitCode}`})`,
    `after ${Math.round(result.wallMs)} of ${limits.wallMs} ms`,
    `${result.cpuMs} of ${limits.cpuSeconds * 1000} ms of CPU time`,
    `at most ${mebibytes(result.maxRssBytes)} of ${mebibytes(limits.memoryBytes)} MiB`,
    machine(),
    ...(result.stderr.trim() ? [`stderr: ${result.stderr.trim().slice(-300)}`] : []),
  ];
  return checks.map((check) => (check.passed ? check : { ...check, detail: facts.join(', ') }));
}

/** Returns a failed check for a cell that could not be created. */
export function failedCell(attempt: string, error: unknown): SelfTestCheck {
  const seen = error instanceof Error ? error.message : String(error);
  return { attempt, expected: 'a running cell', seen, passed: false, promised: true, detail: machine() };
}

/** Combines a repeated check with the result of the first try. */
export function secondTry(second: SelfTestCheck, first: SelfTestCheck): SelfTestCheck {
  const firstTry = `expected ${first.expected}, saw ${first.seen}; ${first.detail}`;
  return { ...second, seen: `${second.seen}, second try`, firstTry };
}

/**
 * Whether a failed bomb gets a second try. This is the case if a limit other than the expected limit, or a crash, stopped the bomb, for
 * example because the machine was too busy to reach the expected limit in time. A bomb that ends in any other way was not contained.
 */
export function isInconclusive(end: CellEnd): boolean {
  return end.startsWith('limit_') || end === 'crash';
}

function machine(): string {
  return `machine load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} CPUs`;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
