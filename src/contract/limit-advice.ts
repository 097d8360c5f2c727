import type { Warning } from './common.ts';
import { type FailureCode, failures } from './failures.ts';
import {
  type AppliedLimits,
  type JobLimits,
  LIMIT_BOUNDS,
  LIMIT_NAMES,
  type LimitName,
  type LimitSetter,
} from './limit-bounds.ts';

/** The limit that causes a failure, by failure code. */
export const LIMIT_OF_FAILURE: Readonly<Partial<Record<FailureCode, LimitName>>> = {
  limit_memory: 'memory_mb',
  limit_cpu: 'cpu_seconds',
  limit_time: 'wall_seconds',
  limit_output: 'output_mb',
};

const WHOSE: Readonly<Record<LimitSetter, string>> = {
  job: 'its own limit',
  account: "the account's limit",
  server: "the server's limit",
};

/** Describes a limit that was hit, for the end of a sentence: `64 MB, its own limit`. */
export function describeLimit(name: LimitName, limit: { value: number; setBy: LimitSetter }): string {
  return `${limit.value} ${LIMIT_BOUNDS[name].unit}, ${WHOSE[limit.setBy]}`;
}

/**
 * Returns the advice for a failed job. If a limit caused the failure, the advice says who set it. Returns null for codes that this release
 * does not know.
 */
export function adviceFor(code: string | null, applied: AppliedLimits | null): string | null {
  if (code === null || !Object.hasOwn(failures, code)) return null;
  const { advice } = failures[code as FailureCode];
  const name = LIMIT_OF_FAILURE[code as FailureCode];
  if (!name || applied?.hit !== name) return advice;
  const setter = applied.limits[name].setBy;
  if (setter === 'job') {
    return `The job's own limit was hit: raise limits.${name} or leave it out. Or stay below it: ${lower(advice)}`;
  }
  if (setter === 'account') {
    const option = `--${name.replaceAll('_', '-')}`;
    return `The account's limit was hit: ${lower(advice)} Or ask the operator to raise it (./airlock accounts set, ${option}).`;
  }
  return `The server's limit was hit: ${lower(advice)}`;
}

function lower(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/** Returns a warning for each requested limit that has no effect, because a lower limit applies. */
export function idleLimits(
  asked: JobLimits,
  allowed: Readonly<Partial<Record<LimitName, { value: number; setBy: LimitSetter }>>>,
): Warning[] {
  return LIMIT_NAMES.flatMap((name) => {
    const limit = allowed[name];
    if (!limit || limit.setBy === 'job' || (asked[name] ?? 0) <= limit.value) return [];
    return [
      { field: `limits.${name}`, message: `Has no effect: a lower limit applies (${describeLimit(name, limit)}).` },
    ];
  });
}

/**
 * Returns warnings for requested limits that exceed the limits of the account. The limits of the server are known only when the job is
 * planned.
 */
export function idleInAccount(asked: JobLimits, account: JobLimits): Warning[] {
  const allowed = LIMIT_NAMES.flatMap((name) => {
    const value = account[name];
    return value == null ? [] : [[name, { value, setBy: 'account' }] as const];
  });
  return idleLimits(asked, Object.fromEntries(allowed));
}

/** Returns a warning if a job requests a longer retention than it gets. */
export function idleRetention(asked: number | null | undefined, allowed: number): Warning[] {
  if (asked == null || asked <= allowed) return [];
  return [{ field: 'retention_seconds', message: `Has no effect: outputs are kept for ${allowed} s at most.` }];
}
