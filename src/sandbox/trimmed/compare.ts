import type { SelfTestCheck } from '../types.ts';
import { TrimmedBuildError } from './build-error.ts';

/* The functions of this file compare two builds. They are pure. */

/** Fraction of the runs that the distribution's build must complete. With fewer runs, the comparison proves too little. */
const COMPLETED = 0.9;

/** Returns the number of attacks that the cell blocked. Throws if an attack succeeded. */
export function requireBlocked(checks: readonly Pick<SelfTestCheck, 'attempt' | 'passed' | 'promised'>[]): number {
  const failed = checks.find(({ passed }) => !passed);
  if (failed) throw new TrimmedBuildError('rejected', `the self-test failed with the build: ${failed.attempt}`);
  return checks.filter(({ promised }) => promised).length;
}

/** Throws if the distribution's build completed too few runs for a comparison. */
export function requireCompleted({ completed, skipped }: { completed: number; skipped: number }): void {
  if (completed >= COMPLETED * (completed + skipped)) return;
  throw new TrimmedBuildError('later', `the distribution's FFmpeg completed only ${completed} runs of the comparison`);
}

/** The results of a run. */
export interface RunRecord {
  /** How the run ended, such as `exit 0` or `crash`. */
  end: string;
  stdout: string;
  /** SHA-256 of the file that the run wrote. Null if the run writes no file. */
  sha256: string | null;
  /** The first line of the program's standard error. */
  message: string;
}

/** Describes the first difference, as the predicate of a sentence about the run. Returns null if the results are equal. */
export function differenceOf(distribution: RunRecord, own: RunRecord): string | null {
  if (distribution.end !== own.end) return `ends with ${own.end} instead of ${distribution.end}: ${own.message}`;
  if (distribution.stdout !== own.stdout) return 'returns different frames or descriptions';
  if (distribution.sha256 !== own.sha256) return 'writes a different file';
  return null;
}

/** Removes the hashes and keeps the frames and their times, for runs whose results differ even with the same build. */
export function withoutHashes(shown: RunRecord): RunRecord {
  const stdout = shown.stdout.replace(/, *[0-9a-f]{32}$/gm, '');
  return { ...shown, stdout, sha256: shown.sha256 === null ? null : 'any' };
}
