import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Cell, makeCell } from '../cell/cell.ts';
import { type ProgramResult, type ProgramSpec, type RunContext, runProgram } from '../cell/run.ts';
import type { FilterName } from '../seccomp/policies.ts';
import type { SelfTestCheck, SelfTestReport } from '../types.ts';
import { PROOF_FILE } from './attempts.ts';
import { BOMB_FILE } from './bombs.ts';
import { failedCell, isInconclusive, secondTry, withDetail } from './checks.ts';
import { groupPlans } from './group-plans.ts';
import { type Plan, planAll } from './plans.ts';
import { assembleProbe, type ProbeCall } from './probe-elf.ts';
import { runSeries } from './series.ts';

/** Result of a plan: its checks, and whether to try the plan again. */
interface Outcome {
  checks: SelfTestCheck[];
  inconclusive: boolean;
  /** The reason why the cell could not be created. */
  error?: unknown;
}

/**
 * Runs hostile native code in cells that have the same root image, filters and limits as the cells of jobs, but another program. Passes
 * only if every attempt ends as expected or is an attempt that the tier does not promise to reject.
 * If the tier has `launchSeries`, attempts that kill their cell run in series of cells (docs/decisions/0063-what-a-start-runs.md). Without
 * a cell (`none`), tries only harmless attempts and reports their results. Bombs that missed their limit on a busy machine, and cells that
 * could not be created, get a second try while nothing else runs. An attempt that succeeds never gets a second try.
 * @param slots slots that no job uses, one for each concurrent cell
 */
export async function selfTest(
  context: RunContext,
  slots: readonly number[],
  { full = false, filters = ['media'] }: { full?: boolean; filters?: readonly FilterName[] } = {},
): Promise<SelfTestReport> {
  const { tier } = context;
  const files: string[] = [];
  let otherJob: Cell | null = null;
  try {
    const canary = writeCanary(context, files);
    otherJob = await makeOtherJob(context, slots[0]!, canary);
    const targets = { tier, canary, otherJob: otherJob.folder, service: process.pid };
    const plans = planAll(targets, { full, filters, hasCgroup: context.cgroup(slots[0]!) !== null });
    // Write all programs before the first cell starts, because executing a file that is open for writing fails (ETXTBSY).
    const programs = plans.map(({ calls }) => writeProgram(context, calls, files));
    const checks = await tryAll(context, slots, plans, programs);
    return { tier: tier.name, passed: checks.every((check) => check.passed), checks, at: new Date() };
  } finally {
    for (const path of files) rmSync(path, { force: true });
    await otherJob?.remove();
  }
}

function writeCanary({ cells }: RunContext, files: string[]): string {
  const canary = join(cells, `canary-${randomUUID()}`);
  writeFileSync(canary, 'secret', { mode: 0o644 });
  files.push(canary);
  return canary;
}

function writeProgram({ cells }: RunContext, calls: readonly ProbeCall[], files: string[]): string {
  const program = join(cells, `probe-${randomUUID()}`);
  writeFileSync(program, assembleProbe(calls), { mode: 0o700 });
  files.push(program);
  return program;
}

/** Creates the cell of another job, with an input and an output. */
async function makeOtherJob(context: RunContext, slot: number, input: string): Promise<Cell> {
  const files = { inputs: [{ name: '0', path: input }], outputs: ['secret'] };
  const job = await makeCell(context.cells, context.account(slot), files);
  writeFileSync(join(job.output, 'secret'), 'secret');
  return job;
}

/** Returns the checks in the order of the plans. Throws if a cell cannot be created in the second try either. */
async function tryAll(
  context: RunContext,
  slots: readonly number[],
  plans: readonly Plan[],
  programs: readonly string[],
): Promise<SelfTestCheck[]> {
  const free = [...slots];
  const outcomes: Outcome[] = [];
  const withSlot = async <T>(work: (slot: number) => Promise<T>): Promise<T> => {
    const slot = free.pop()!;
    try {
      return await work(slot);
    } finally {
      free.push(slot);
    }
  };
  const tryOnce = (index: number) => withSlot((slot) => tryPlan(context, slot, plans[index]!, programs[index]!));
  const groups = context.tier.launchSeries ? groupPlans(plans, slots.length) : plans.map((_, index) => [index]);
  await inParallel(
    groups.map((group) => async () => {
      const pick = <T>(values: readonly T[]) => group.map((index) => values[index]!);
      const tried = await withSlot((slot) => trySeries(context, slot, pick(plans), pick(programs)));
      // If a cell could not be started in a series, try it alone. That run reports the reason.
      for (const [at, index] of group.entries()) outcomes[index] = tried[at] ?? (await tryOnce(index));
    }),
    slots.length,
  );
  for (const [index, first] of outcomes.entries()) {
    if (first.inconclusive) outcomes[index] = combine(await tryOnce(index), first);
  }
  return outcomes.flatMap(({ checks }) => checks);
}

/** Combines the results of two tries. Throws if the cell could not be created in the second try. */
function combine(second: Outcome, first: Outcome): Outcome {
  if (second.error) throw second.error;
  return {
    ...second,
    checks: second.checks.map((check, at) => secondTry(check, first.checks[at] ?? first.checks[0]!)),
  };
}

/**
 * Runs the plans in a series. Returns null for each plan to try alone: a plan without other plans in its group, or a plan whose cell was
 * not started.
 */
async function trySeries(
  context: RunContext,
  slot: number,
  plans: readonly Plan[],
  programs: readonly string[],
): Promise<(Outcome | null)[]> {
  const { launchSeries } = context.tier;
  if (!launchSeries || plans.length === 1) return plans.map(() => null);
  const parts = { ...context, tier: { ...context.tier, launchSeries } };
  const results = await runSeries(parts, slot, plans, programs).catch(() => plans.map(() => null));
  return results.map((result, index) => {
    if (!result) return null;
    const { evaluate, limits } = plans[index]!;
    const facts: ProgramResult = { ...result, cpuMs: 0, maxRssBytes: 0, outputDir: '', release: async () => {} };
    return { checks: withDetail(evaluate(facts, Buffer.alloc(0)), facts, limits), inconclusive: false };
  });
}

async function tryPlan(context: RunContext, slot: number, plan: Plan, program: string): Promise<Outcome> {
  const { attempt, filter, limits, evaluate, timed } = plan;
  const output: Buffer[] = [];
  const spec: ProgramSpec = {
    program: '/in/probe',
    filter,
    args: [],
    inputs: [{ name: 'probe', path: program, executable: true }],
    outputs: [PROOF_FILE, BOMB_FILE],
    // The cells of FFmpeg also contain the device.
    randomDevice: true,
    limits,
    onStdout: (chunk) => output.push(chunk),
    slot,
  };
  let result: ProgramResult;
  try {
    result = await runProgram(context, spec);
  } catch (error) {
    // No attempt ran, so no attempt succeeded.
    return { checks: [failedCell(attempt, error)], inconclusive: true, error };
  }
  const checks = withDetail(evaluate(result, Buffer.concat(output)), result, limits);
  await result.release();
  const failed = checks.some(({ passed }) => !passed);
  return { checks, inconclusive: failed && timed && isInconclusive(result.end) };
}

async function inParallel(tasks: (() => Promise<void>)[], width: number): Promise<void> {
  const queue = [...tasks];
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let task = queue.shift(); task; task = queue.shift()) await task();
    }),
  );
}
