import { randomUUID } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { CLOSE_PROOF, KILLED_ATTEMPTS, memoryHog, PROOF_FILE, refusedAttempts, sleeper } from './probe-attempts.ts';
import { assembleProbe, type ProbeCall, readProbe } from './probe-elf.ts';
import { type ProgramSpec, type RunContext, runProgram } from './run.ts';
import type { CellLimits, CellResult, SelfTestCheck, SelfTestReport } from './types.ts';

const MIB = 2 ** 20;
const LIMITS: CellLimits = { memoryBytes: 64 * MIB, cpuSeconds: 5, wallMs: 5000, outputBytes: MIB, outputFiles: 16 };
const HOG_LIMIT = 24 * MIB;
const WALL_MS = 100;

/**
 * Runs hostile native code in cells that differ from those of jobs in nothing but the program: same root image, same
 * filter, same limits. It passes only when every attempt ends as it must.
 * @param slots slot numbers that no job uses; as many cells run at once.
 */
export async function selfTest(context: RunContext, slots: readonly number[]): Promise<SelfTestReport> {
  const checks: SelfTestCheck[] = [];
  const canary = join(context.cells, `canary-${randomUUID()}`);
  writeFileSync(canary, 'secret', { mode: 0o644 });
  const plans: (() => Promise<void>)[] = [];
  const programs: string[] = [canary];
  const free = [...slots];

  const plan = (
    calls: readonly ProbeCall[],
    limits: Partial<CellLimits>,
    judge: (result: CellResult, output: Buffer) => SelfTestCheck[],
  ) => {
    const path = join(context.cells, `probe-${randomUUID()}`);
    // All programs are written before the first cell starts: a descriptor open for writing would forbid to execute them.
    writeFileSync(path, assembleProbe(calls), { mode: 0o700 });
    programs.push(path);
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
        checks.push(...judge(result, Buffer.concat(output)));
        await result.release();
      } finally {
        free.push(slot);
      }
    });
  };

  try {
    planRefused();
    for (const { attempt, call, args } of KILLED_ATTEMPTS) {
      plan([{ call, args }], {}, (result) => [endCheck(attempt, 'violation', result)]);
    }
    plan(sleeper(), { wallMs: WALL_MS }, (result) => [
      endCheck('run longer than the wall limit', 'limit_wall', result),
    ]);
    if (context.cgroup(slots[0]!)) {
      plan(memoryHog(4 * HOG_LIMIT), { memoryBytes: HOG_LIMIT }, (result) => [
        endCheck('use more memory than the limit', 'limit_memory', result),
      ]);
    }
    await inParallel(plans, slots.length);
  } finally {
    for (const path of programs) rmSync(path, { force: true });
  }
  return { tier: 'bwrap', passed: checks.every((check) => check.passed), checks, at: new Date() };

  function planRefused(): void {
    const attempts = refusedAttempts(canary);
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
        const { attempt, expected, passes } = attempts[index]!;
        return { attempt, expected, seen: describe(value), passed: passes(value) && (index > 0 || written) };
      });
    });
  }
}

function endCheck(attempt: string, expected: CellResult['end'], result: CellResult): SelfTestCheck {
  const seen = `${result.end} (${result.signal ?? `code ${result.exitCode}`})`;
  return { attempt, expected, seen, passed: result.end === expected && result.exitCode !== 0 };
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
