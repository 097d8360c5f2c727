import { availableParallelism, loadavg } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { CellEnd, CellLimits, CellResult, SelfTestCheck } from '../types.ts';

/** A check of how a cell ended. A bomb that ran to its end and says so with 0 was not stopped, whatever `expected` is. */
export function endCheck(attempt: string, expected: CellEnd, result: CellResult): SelfTestCheck {
  const seen = `${result.end} (${result.signal ?? `code ${result.exitCode}`})`;
  return { attempt, expected, seen, passed: result.end === expected && result.exitCode !== 0, promised: true };
}

/** What the kernel returned, by name where it is an error. */
export function describeReturn(result: number): string {
  if (result >= 0) return String(result);
  try {
    return getSystemErrorName(result);
  } catch {
    return String(result);
  }
}

/** Adds to each failed check what its cell and the machine were like, so that a failure that comes once explains itself. */
export function withDetail(checks: readonly SelfTestCheck[], result: CellResult, limits: CellLimits): SelfTestCheck[] {
  const facts = [
    `the cell ended with ${result.end} (${result.signal ?? `code ${result.exitCode}`})`,
    `after ${Math.round(result.wallMs)} of ${limits.wallMs} ms`,
    `${result.cpuMs} of ${limits.cpuSeconds * 1000} ms of the processor`,
    `at most ${mebibytes(result.maxRssBytes)} of ${mebibytes(limits.memoryBytes)} MiB`,
    machine(),
    ...(result.stderr.trim() ? [`it said: ${result.stderr.trim().slice(-300)}`] : []),
  ];
  return checks.map((check) => (check.passed ? check : { ...check, detail: facts.join(', ') }));
}

/** The same of a cell that could not be made. */
export function failedCell(attempt: string, error: unknown): SelfTestCheck {
  const seen = error instanceof Error ? error.message : String(error);
  return { attempt, expected: 'a running cell', seen, passed: false, promised: true, detail: machine() };
}

/** Of a check that was made again: what it saw then, and what had been seen first. */
export function secondTry(second: SelfTestCheck, first: SelfTestCheck): SelfTestCheck {
  const firstTry = `expected ${first.expected}, saw ${first.seen}; ${first.detail}`;
  return { ...second, seen: `${second.seen}, second try`, firstTry };
}

/**
 * Whether a bomb deserves a second try: something did end it, but not what should have, as where the machine was too busy
 * to come to the limit in time. One that ran to its end, or did what no bomb does, got something through.
 */
export function mayBeChance(end: CellEnd): boolean {
  return end.startsWith('limit_') || end === 'crash';
}

function machine(): string {
  return `load of the machine ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} processors`;
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}
