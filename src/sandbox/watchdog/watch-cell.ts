import { isRunning, type ProcessMark, processStat } from '../../ids/process-stat.ts';
import type { Cell } from '../cell/cell.ts';
import type { KillReason } from '../cell/classify-end.ts';
import { isOverLimit } from '../cell/limits.ts';
import { killQuietly, markLaunched } from '../cell/processes.ts';
import { type CellCounters, MAX_PIDS, readCpuMs, readRefusedTasks } from '../cgroup/slot-group.ts';
import { childrenOf, processSize } from '../host/proc.ts';
import type { ProgramPlace } from '../tiers/tier.ts';
import type { CellLimits } from '../types.ts';
import { WatchState } from './watch-state.ts';

/** Interval of the checks of a cell's resource use. */
export const POLL_MS = 250;
/** A cell that was killed is killed again until it is gone: a process may have been between two others when it was listed. */
const AGAIN_MS = 50;
/** Tasks of a cell's control group that are not the program's threads: bwrap's reaper and the like. */
const SPARE_TASKS = 8;

/** A running cell and its limits, as data that any thread can work with. */
export interface WatchOrder {
  /** `WatchState.buffer`. */
  state: SharedArrayBuffer;
  launcher: ProcessMark;
  program: ProgramPlace;
  outputs: Pick<Cell, 'output' | 'outputs'>;
  limits: Pick<CellLimits, 'cpuSeconds' | 'outputBytes'>;
  /** On the clock of `monotonicMs`. */
  startedAt: number;
  endsAt: number;
  /** Of its control group, with what they said when it started. */
  counters: (CellCounters & { cpuMsBefore: number; refusedBefore: number }) | null;
}

/** Milliseconds on a clock that all threads share and that cannot be set. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Watches a cell until `stop`, and kills it at its limits. */
export function watchCell(order: WatchOrder): { stop(): void } {
  const { launcher, counters, limits } = order;
  const state = new WatchState(order.state);
  const family = new Map<number, ProcessMark>();
  let again: NodeJS.Timeout | undefined;
  const wall = setTimeout(() => kill('limit_wall'), order.endsAt - monotonicMs());
  // The first looks come early, so that a short job has figures too.
  let poll = setTimeout(look, POLL_MS / 8);
  return {
    stop() {
      clearTimeout(wall);
      clearTimeout(poll);
      clearInterval(again);
    },
  };

  function look(): void {
    findFamily();
    const reason = overLimit();
    if (reason) kill(reason);
    else poll = setTimeout(look, monotonicMs() - order.startedAt < POLL_MS ? POLL_MS / 4 : POLL_MS);
  }

  function overLimit(): KillReason | null {
    const refused = counters !== null && readRefusedTasks(counters) > counters.refusedBefore;
    const program = programPid();
    if (program !== null) {
      const { peakBytes, threads } = processSize(program);
      state.note({ cpuMs: processStat(program)?.cpuMs ?? 0, peakBytes });
      // A program that is refused a thread hangs or fails. Report it immediately, so that it is not mistaken for
      // something else.
      if (refused || threads > MAX_PIDS - SPARE_TASKS) return 'limit_processes';
    }
    // Where there are several processes (gVisor), no rlimit adds them up.
    const cpuMs = counters ? (readCpuMs(counters) ?? 0) - counters.cpuMsBefore : 0;
    if (cpuMs > limits.cpuSeconds * 1000 + POLL_MS) return 'limit_cpu';
    return isOverLimit(order.outputs, limits.outputBytes) ? 'limit_output' : null;
  }

  function kill(reason: KillReason): void {
    state.condemn(reason);
    clearTimeout(wall);
    clearTimeout(poll);
    killAll();
    again = setInterval(killAll, AGAIN_MS);
  }

  function killAll(): void {
    findFamily();
    if (isRunning(launcher)) killQuietly(-launcher.pid);
    // What has a session of its own is in no group of the launcher's. Pids are checked, since they come back.
    for (const member of family.values()) if (isRunning(member)) killQuietly(member.pid);
  }

  /** Children outlive their parents, and are remembered. */
  function findFamily(): void {
    const queue = [launcher.pid, ...family.keys()];
    for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
      for (const child of childrenOf(pid)) {
        if (family.has(child)) continue;
        family.set(child, markLaunched(child));
        queue.push(child);
      }
    }
  }

  /** The process whose CPU time, memory and threads are the program's; null until it is there. */
  function programPid(): number | null {
    if (order.program === 'launcher') return launcher.pid;
    const children = childrenOf(launcher.pid);
    if (order.program === 'last child') return children.at(-1) ?? null;
    return children[0] === undefined ? null : (childrenOf(children[0])[0] ?? null);
  }
}
