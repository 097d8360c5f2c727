import { randomUUID } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { type Cell, makeCell } from './cell.ts';
import { cellAccount } from './cell-account.ts';
import { CLOSE_PROOF, KILLED_ATTEMPTS, PROOF_FILE, type RefusedAttempt, refusedAttempts } from './probe-attempts.ts';
import { bombs } from './probe-bombs.ts';
import { assembleProbe, type ProbeCall, readProbe } from './probe-elf.ts';
import { type ProgramSpec, type RunContext, runProgram } from './run.ts';
import type { CellLimits, CellResult, SelfTestCheck, SelfTestReport } from './types.ts';

const MIB = 2 ** 20;
/** Time enough for a busy machine: slowness must not be taken for a hole. */
const LIMITS: CellLimits = { memoryBytes: 64 * MIB, cpuSeconds: 5, wallMs: 30_000, outputBytes: MIB, outputFiles: 16 };

type Judge = (result: CellResult, output: Buffer) => SelfTestCheck[];

/**
 * Runs hostile native code in cells that differ from those of jobs in nothing but the program: same root image, same
 * filter, same limits. It passes only when every attempt ends as it must, or is one that the tier does not promise.
 * Without a cell (`none`) only what does no harm is tried, and shown as it is.
 * @param slots slot numbers that no job uses; as many cells run at once.
 */
export async function selfTest(
  context: RunContext,
  slots: readonly number[],
  { full = false } = {},
): Promise<SelfTestReport> {
  const { tier } = context;
  /** In the order of the plans, whichever cell ends first. */
  const results: SelfTestCheck[][] = [];
  const plans: (() => Promise<void>)[] = [];
  const files: string[] = [];
  const free = [...slots];
  let otherJob: Cell | null = null;

  const plan = (calls: readonly ProbeCall[], limits: Partial<CellLimits>, judge: Judge) => {
    const path = join(context.cells, `probe-${randomUUID()}`);
    // All programs are written before the first cell starts: a descriptor open for writing would forbid to execute them.
    writeFileSync(path, assembleProbe(calls), { mode: 0o700 });
    files.push(path);
    const place = plans.length;
    plans.push(async () => {
      const slot = free.pop()!;
      const output: Buffer[] = [];
      const spec: ProgramSpec = {
        program: '/in/probe',
        args: [],
        inputs: [{ name: 'probe', path, executable: true }],
        limits: { ...LIMITS, ...limits },
        onStdout: (chunk) => output.push(chunk),
        slot,
      };
      try {
        const result = await runProgram(context, spec);
        results[place] = judge(result, Buffer.concat(output));
        await result.release();
      } finally {
        free.push(slot);
      }
    });
  };

  try {
    const canary = join(context.cells, `canary-${randomUUID()}`);
    writeFileSync(canary, 'secret', { mode: 0o644 });
    files.push(canary);
    // A job as the next slot would have it, with an input and an output.
    otherJob = await makeCell(context.cells, cellAccount(slots[0]!), [{ name: '0', path: canary }]);
    writeFileSync(join(otherJob.output, 'secret'), 'secret', { mode: 0o600 });
    const attempts = refusedAttempts({ tier, canary, otherJob: otherJob.folder, service: process.pid });
    planRefused(tier.name === 'none' ? attempts.filter(({ onlyInCell }) => !onlyInCell) : attempts);
    if (tier.name !== 'none') {
      for (const { attempt, call, args } of KILLED_ATTEMPTS) {
        plan([{ call, args }], {}, (result) => [endCheck(attempt, 'violation', result)]);
      }
      for (const bomb of bombs(tier.inside, LIMITS.outputFiles)) {
        if ((bomb.needsCgroup && !context.cgroup(slots[0]!)) || (bomb.slow && !full)) continue;
        plan(bomb.calls, bomb.limits, (result) => {
          const check = endCheck(bomb.attempt, bomb.end, result);
          const why = bomb.key && tier.exceptions[bomb.key];
          if (check.passed || !why || !result.end.startsWith('limit_')) return [check];
          return [{ ...check, expected: `not promised: ${why}`, passed: true, promised: false }];
        });
      }
    }
    await inParallel(plans, slots.length);
  } finally {
    for (const path of files) rmSync(path, { force: true });
    await otherJob?.remove();
  }
  const checks = results.flat();
  return { tier: tier.name, passed: checks.every((check) => check.passed), checks, at: new Date() };

  function planRefused(attempts: readonly RefusedAttempt[]): void {
    const [proof, ...others] = attempts;
    const calls: ProbeCall[] = [proof!, CLOSE_PROOF, ...others];
    plan(calls, {}, (result, output) => {
      const report = readProbe(output, calls.length);
      // No report: the probe was stopped, or an attempt worked so well that another program took its place.
      if (result.end !== 'exit' || result.exitCode !== 0 || report === null) {
        return [{ ...endCheck('run the probe', 'exit', result), expected: 'a report and exit code 0', passed: false }];
      }
      const [first, , ...rest] = report;
      const written = statSync(join(result.outputDir, PROOF_FILE), { throwIfNoEntry: false }) !== undefined;
      return [first!, ...rest].map((value, index) => {
        const { attempt, expected, passes, key } = attempts[index]!;
        const held = passes(value) && (index > 0 || written);
        const why = key ? tier.exceptions[key] : undefined;
        // Kept all the same, it counts: an exception is what a tier cannot promise, not what it must fail.
        if (!held && why) {
          return { attempt, expected: `not promised: ${why}`, seen: describe(value), passed: true, promised: false };
        }
        return { attempt, expected, seen: describe(value), passed: held, promised: true };
      });
    });
  }
}

function endCheck(attempt: string, expected: CellResult['end'], result: CellResult): SelfTestCheck {
  const seen = `${result.end} (${result.signal ?? `code ${result.exitCode}`})`;
  return { attempt, expected, seen, passed: result.end === expected && result.exitCode !== 0, promised: true };
}

function describe(result: number): string {
  if (result >= 0) return String(result);
  try {
    return getSystemErrorName(result);
  } catch {
    return String(result);
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
