import { type Cell, makeCell } from '../cell/cell.ts';
import { classifyEnd } from '../cell/classify-end.ts';
import { checkLimits } from '../cell/limits.ts';
import type { ProgramResult, RunContext } from '../cell/run.ts';
import { hasRandomDevice } from '../host/random-device.ts';
import type { CellEnd } from '../types.ts';
import { PROOF_FILE } from './attempts.ts';
import { BOMB_FILE } from './bombs.ts';
import type { Plan } from './plans.ts';

/** Exit codes that mean that prlimit or bwrap could not start the program, or that the shell could not start prlimit or bwrap. */
const NOT_STARTED = [1, 126, 127];

/** How the program of one cell ended. */
type SeriesResult = Pick<ProgramResult, 'end' | 'exitCode' | 'signal'> & { stderr: string; wallMs: number };

/**
 * Runs the programs of plans with the same filter and limits, each in its own cell. One process starts the cells. Returns null for a
 * program that was not started. Rejects if no cell could be started.
 */
export async function runSeries(
  context: RunContext & { tier: { launchSeries: NonNullable<RunContext['tier']['launchSeries']> } },
  slot: number,
  plans: readonly Plan[],
  programs: readonly string[],
): Promise<(SeriesResult | null)[]> {
  const { filter, limits } = plans[0]!;
  checkLimits(limits);
  void context.announce?.();
  const account = context.account(slot);
  const cgroup = context.cgroup(slot);
  const inputs = programs.map((path, index) => ({ name: `probe-${index}`, path, executable: true }));
  const outputs = [PROOF_FILE, BOMB_FILE];
  const cell: Cell = await makeCell(context.cells, account, { inputs, outputs }, context.tier.outside);
  const startedAt = performance.now();
  try {
    await cgroup?.prepare(limits);
    const names = inputs.map(({ name }) => name);
    const root = { rootImage: context.rootImage, randomDevice: hasRandomDevice(account) };
    const series = context.tier.launchSeries({ programs: names, filter, ...root, cell, limits, account, cgroup });
    const timer = setTimeout(series.kill, limits.wallMs);
    const { codes, stderr } = await series.ended.finally(() => clearTimeout(timer));
    const wallMs = performance.now() - startedAt;
    return codes.map((code) =>
      code === null || NOT_STARTED.includes(code)
        ? null
        : { end: endOf(code), exitCode: code, signal: null, stderr, wallMs },
    );
  } finally {
    await cell.remove();
  }
}

function endOf(exitCode: number): CellEnd {
  return classifyEnd({
    ...{ exitCode, signal: null, reason: null },
    ...{ oomKilled: false, tasksDenied: false, cpuExhausted: false, outOfAddressSpace: false },
  });
}
