import { randomUUID } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cell, makeCell } from '../cell/cell.ts';
import { type ProgramSpec, type RunContext, runProgram } from '../cell/run.ts';
import type { CellLimits, CellResult, SelfTestCheck, SelfTestReport } from '../types.ts';
import { KILLED_ATTEMPTS, PROOF, PROOF_FILE, type RefusedAttempt, refusedAttempts } from './attempts.ts';
import { BOMB_FILE, bombs } from './bombs.ts';
import { describeReturn, endCheck, failedCell, mayBeChance, secondTry, withDetail } from './checks.ts';
import { assembleProbe, type ProbeCall, readProbe } from './probe-elf.ts';

const MIB = 2 ** 20;
/** Time enough for a busy machine: slowness must not be taken for a hole. */
const LIMITS: CellLimits = { memoryBytes: 64 * MIB, cpuSeconds: 5, wallMs: 120_000, outputBytes: MIB };
/** For a limit that the tier keeps without reporting it. */
const EXCEPTION_WALL_MS = 5000;

type Judge = (result: CellResult, output: Buffer) => SelfTestCheck[];

/** One cell of the self-test. */
interface Plan {
  /** What is tried, should the cell not be made at all. */
  attempt: string;
  program: string;
  limits: CellLimits;
  judge: Judge;
  /** Whether its end depends on how busy the machine is: then one that may be chance is tried again, alone. */
  timed: boolean;
}

/** What came of a plan: its checks, and whether they may be owed to chance. */
interface Outcome {
  checks: SelfTestCheck[];
  chance: boolean;
  /** Why there was no cell. */
  error?: unknown;
}

/**
 * Runs hostile native code in cells that differ from those of jobs in nothing but the program: same root image, same
 * filter, same limits. It passes only when every attempt ends as it must, or is one that the tier does not promise.
 * Without a cell (`none`) only what does no harm is tried, and shown as it is. Limits on a busy machine, and cells that
 * could not be made, get a second try when nothing else runs; an attempt that got something through never does.
 * @param slots slot numbers that no job uses; as many cells run at once.
 */
export async function selfTest(
  context: RunContext,
  slots: readonly number[],
  { full = false } = {},
): Promise<SelfTestReport> {
  const { tier } = context;
  const plans: Plan[] = [];
  const files: string[] = [];
  const free = [...slots];
  let otherJob: Cell | null = null;
  let checks: SelfTestCheck[];

  const plan = (
    attempt: string,
    calls: readonly ProbeCall[],
    judge: Judge,
    { limits = {}, timed = false }: { limits?: Partial<CellLimits>; timed?: boolean } = {},
  ) => {
    const program = join(context.cells, `probe-${randomUUID()}`);
    // All programs are written before the first cell starts: a descriptor open for writing would forbid to execute them.
    writeFileSync(program, assembleProbe(calls), { mode: 0o700 });
    files.push(program);
    plans.push({ attempt, program, limits: { ...LIMITS, ...limits }, judge, timed });
  };

  try {
    const canary = join(context.cells, `canary-${randomUUID()}`);
    writeFileSync(canary, 'secret', { mode: 0o644 });
    files.push(canary);
    // A job as the next slot would have it, with an input and an output.
    const job = { inputs: [{ name: '0', path: canary }], outputs: ['secret'] };
    otherJob = await makeCell(context.cells, context.account(slots[0]!), job);
    writeFileSync(join(otherJob.output, 'secret'), 'secret');
    const attempts = refusedAttempts({ tier, canary, otherJob: otherJob.folder, service: process.pid });
    planRefused(tier.name === 'none' ? attempts.filter(({ onlyInCell }) => !onlyInCell) : attempts);
    if (tier.name !== 'none') {
      for (const { attempt, call, args } of KILLED_ATTEMPTS) {
        plan(attempt, [{ call, args }], (result) => [endCheck(attempt, 'violation', result)]);
      }
      for (const bomb of bombs(tier.inside)) {
        if ((bomb.needsCgroup && !context.cgroup(slots[0]!)) || (bomb.slow && !full)) continue;
        const why = bomb.key && tier.exceptions[bomb.key];
        const judge: Judge = (result) => {
          const check = endCheck(bomb.attempt, bomb.end, result);
          if (check.passed || !why || !result.end.startsWith('limit_')) return [check];
          return [{ ...check, expected: `not promised: ${why}`, passed: true, promised: false }];
        };
        // Where the tier does not report that a limit was met, the clock ends it.
        const limits = why ? { ...bomb.limits, wallMs: EXCEPTION_WALL_MS } : bomb.limits;
        plan(bomb.attempt, bomb.calls, judge, { limits, timed: true });
      }
    }
    checks = await tryAll();
  } finally {
    for (const path of files) rmSync(path, { force: true });
    await otherJob?.remove();
  }
  return { tier: tier.name, passed: checks.every((check) => check.passed), checks, at: new Date() };

  /** Checks in the order of the plans, whichever cell ends first. Throws when a cell cannot be made, even alone. */
  async function tryAll(): Promise<SelfTestCheck[]> {
    const outcomes: Outcome[] = [];
    const run = async (place: number) => {
      outcomes[place] = await tryOnce(plans[place]!);
    };
    await inParallel(
      plans.map((_, place) => () => run(place)),
      slots.length,
    );
    for (const [place, first] of outcomes.entries()) {
      if (!first.chance) continue;
      const second = await tryOnce(plans[place]!);
      if (second.error) throw second.error;
      // A bomb makes one check. A cell that could not be made stands for all that it would have made.
      outcomes[place] = {
        ...second,
        checks: second.checks.map((check, at) => secondTry(check, first.checks[at] ?? first.checks[0]!)),
      };
    }
    return outcomes.flatMap(({ checks }) => checks);
  }

  async function tryOnce({ attempt, program, limits, judge, timed }: Plan): Promise<Outcome> {
    const slot = free.pop()!;
    const output: Buffer[] = [];
    const spec: ProgramSpec = {
      program: '/in/probe',
      args: [],
      inputs: [{ name: 'probe', path: program, executable: true }],
      outputs: [PROOF_FILE, BOMB_FILE],
      limits,
      onStdout: (chunk) => output.push(chunk),
      slot,
    };
    let result: CellResult;
    try {
      result = await runProgram(context, spec);
    } catch (error) {
      // Nothing was tried, so nothing got through.
      return { checks: [failedCell(attempt, error)], chance: true, error };
    } finally {
      free.push(slot);
    }
    const checks = withDetail(judge(result, Buffer.concat(output)), result, limits);
    await result.release();
    const failed = checks.some(({ passed }) => !passed);
    return { checks, chance: failed && timed && mayBeChance(result.end) };
  }

  function planRefused(attempts: readonly RefusedAttempt[]): void {
    const [proof, ...others] = attempts;
    const calls: ProbeCall[] = [proof!, ...PROOF, ...others];
    plan('run the probe', calls, (result, output) => {
      const report = readProbe(output, calls.length);
      // No report: the probe was stopped, or an attempt worked so well that another program took its place.
      if (result.end !== 'exit' || result.exitCode !== 0 || report === null) {
        return [{ ...endCheck('run the probe', 'exit', result), expected: 'a report and exit code 0', passed: false }];
      }
      const [first, ...rest] = [report[0]!, ...report.slice(1 + PROOF.length)];
      const written = statSync(join(result.outputDir, PROOF_FILE)).size > 0;
      return [first, ...rest].map((value, index) => {
        const { attempt, expected, passes, key } = attempts[index]!;
        const held = passes(value) && (index > 0 || written);
        const why = key ? tier.exceptions[key] : undefined;
        // Kept all the same, it counts: an exception is what a tier cannot promise, not what it must fail.
        if (!held && why) {
          return {
            attempt,
            expected: `not promised: ${why}`,
            seen: describeReturn(value),
            passed: true,
            promised: false,
          };
        }
        return { attempt, expected, seen: describeReturn(value), passed: held, promised: true };
      });
    });
  }
}

async function inParallel(tasks: (() => Promise<void>)[], width: number): Promise<void> {
  const queue = [...tasks];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let task = queue.shift(); task; task = queue.shift()) await task();
    }),
  );
}
