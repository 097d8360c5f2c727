import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramResult } from '../cell/run.ts';
import type { FilterName } from '../seccomp/policies.ts';
import type { Exceptions } from '../tiers/tier.ts';
import type { CellLimits, SelfTestCheck } from '../types.ts';
import {
  KILLED_ATTEMPTS,
  type KilledAttempt,
  PROOF,
  PROOF_FILE,
  type RejectedAttempt,
  strictlyKilled,
  type Targets,
} from './attempts.ts';
import { type Bomb, bombs } from './bombs.ts';
import { describeReturn, endCheck } from './checks.ts';
import { type ProbeCall, readProbe } from './probe-elf.ts';
import { rejectedAttempts, strictAttempts } from './rejected-attempts.ts';

const MIB = 2 ** 20;
/** Limits of a cell. The wall limit is long enough for a busy machine, because slowness must not look like a vulnerability. */
const LIMITS: CellLimits = { memoryBytes: 64 * MIB, cpuSeconds: 5, wallMs: 120_000, outputBytes: MIB };
/** Wall limit for a bomb whose own limit the tier enforces without reporting it. */
const EXCEPTION_WALL_MS = 5000;

/** A cell of the self-test. */
export interface Plan {
  /** Describes the attempts of the cell. Reported if the cell cannot be created. */
  attempt: string;
  calls: readonly ProbeCall[];
  filter: FilterName;
  limits: CellLimits;
  /** @param output the probe's standard output */
  evaluate: (result: ProgramResult, output: Buffer) => SelfTestCheck[];
  /** Whether the result depends on machine load. An inconclusive result is then retried while nothing else runs. */
  timed: boolean;
  /** Whether only the exit code counts, so that the cell can be part of a series. */
  inSeries: boolean;
}

/** Plans every attempt that a tier must withstand. Without a cell (`none`), plans only harmless attempts. */
export function planAll(
  targets: Targets & { tier: { exceptions: Exceptions } },
  { full, filters, hasCgroup }: { full: boolean; filters: readonly FilterName[]; hasCgroup: boolean },
): Plan[] {
  const { tier } = targets;
  const attempts = rejectedAttempts(targets);
  if (tier.name === 'none') {
    const harmless = attempts.filter(({ onlyInCell }) => !onlyInCell);
    return [planRejected(harmless, tier.exceptions)];
  }
  const wanted = bombs(tier.inside).filter((bomb) => (hasCgroup || !bomb.needsCgroup) && (full || !bomb.slow));
  return [
    planRejected(attempts, tier.exceptions),
    ...KILLED_ATTEMPTS.map((attempt) => planKilled(attempt, 'media')),
    ...wanted.map((bomb) => planBomb(bomb, tier.exceptions)),
    ...STRICTER.filter((filter) => filters.includes(filter)).flatMap((filter) => planStrict(targets, filter)),
  ];
}

/** Filters that are stricter than `media`. */
const STRICTER = ['strict', 'linked'] as const;

/** Plans the attempts that a stricter filter rejects and `media` allows. */
function planStrict(
  { tier }: Targets & { tier: { exceptions: Exceptions } },
  filter: (typeof STRICTER)[number],
): Plan[] {
  return [
    planRejected(strictAttempts(tier, filter), tier.exceptions, filter),
    ...strictlyKilled(filter).map((attempt) => planKilled(attempt, filter)),
  ];
}

function planKilled({ attempt, reach, call, args }: KilledAttempt, filter: FilterName): Plan {
  const evaluate: Plan['evaluate'] = (result) => [{ ...endCheck(attempt, 'violation', result), reach }];
  return { attempt, calls: [{ call, args }], filter, limits: LIMITS, evaluate, timed: false, inSeries: true };
}

function planBomb({ key, attempt, calls, limits, end }: Bomb, exceptions: Exceptions): Plan {
  const why = key && exceptions[key];
  // If the tier does not report that the limit was reached, the wall limit kills the cell.
  const wall = why ? { wallMs: EXCEPTION_WALL_MS } : {};
  return {
    attempt,
    calls,
    filter: 'media',
    limits: { ...LIMITS, ...limits, ...wall },
    evaluate(result) {
      const check: SelfTestCheck = { ...endCheck(attempt, end, result), reach: 'resources' };
      if (check.passed || !why || !result.end.startsWith('limit_')) return [check];
      return [{ ...check, expected: `not promised: ${why}`, passed: true, promised: false }];
    },
    timed: true,
    inSeries: false,
  };
}

/** Plans one probe for all attempts, starting with the attempt that must succeed. */
function planRejected(
  attempts: readonly RejectedAttempt[],
  exceptions: Exceptions,
  filter: FilterName = 'media',
): Plan {
  const [proof, ...others] = attempts;
  const calls: ProbeCall[] = [proof!, ...PROOF, ...others];
  return {
    attempt: 'run the probe',
    calls,
    filter,
    limits: LIMITS,
    evaluate(result, output) {
      const report = readProbe(output, calls.length);
      // Without a report, the probe was stopped, or an attempt to execute another program succeeded.
      if (result.end !== 'exit' || result.exitCode !== 0 || report === null) {
        return [{ ...endCheck('run the probe', 'exit', result), expected: 'a report and exit code 0', passed: false }];
      }
      const [first, ...rest] = [report[0]!, ...report.slice(1 + PROOF.length)];
      const written = statSync(join(result.outputDir, PROOF_FILE)).size > 0;
      return [first, ...rest].map((value, index) =>
        rejectedCheck(attempts[index]!, value, exceptions, index > 0 || written),
      );
    },
    timed: false,
    inSeries: false,
  };
}

/** @param counts false if the return value proves nothing */
function rejectedCheck(
  { attempt, reach, expected, passes, key }: RejectedAttempt,
  value: number,
  exceptions: Exceptions,
  counts: boolean,
): SelfTestCheck {
  const passed = passes(value) && counts;
  const why = key ? exceptions[key] : undefined;
  const facts = { attempt, seen: describeReturn(value), ...(reach && { reach }) };
  // An attempt among the exceptions that is rejected passes as usual, because a tier may reject more than it promises.
  if (!passed && why) return { ...facts, expected: `not promised: ${why}`, passed: true, promised: false };
  return { ...facts, expected, passed, promised: true };
}
