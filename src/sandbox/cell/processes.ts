import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, markProcess, type ProcessMark } from '../../ids/process-stat.ts';
import type { CellCgroup } from '../cgroup/slot-group.ts';

/** A process that has died meanwhile gets a mark that no process has. */
export function markLaunched(pid: number): ProcessMark {
  return markProcess(pid) ?? { pid, startTicks: '' };
}

/** The service goes first where both want the processor; counts where no control group says the same. */
const NICENESS = 3;

/** Puts a waiting cell into its cgroup; what it starts afterwards inherits it. */
export async function admit(pid: number, cgroup: CellCgroup | null): Promise<void> {
  if (cgroup) await cgroup.add(pid);
  try {
    setPriority(pid, NICENESS);
    // When the machine itself runs out of memory, a job dies rather than the service.
    writeFileSync(`/proc/${pid}/oom_score_adj`, '700');
  } catch {
    // The process has ended, or may not be changed; the priority is not essential.
  }
}

/** A launcher may be dead a moment before what it started has been taken down. */
export async function waitForEnd(process: ProcessMark | null): Promise<void> {
  for (let attempt = 0; process && isRunning(process); attempt += 1) {
    if (attempt % 100 === 0) killQuietly(process.pid);
    await sleep(attempt < 10 ? 1 : 5);
  }
}

/** SIGKILL; a negative number names a process group. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}

/** 128 + number, as shells and bwrap report a fatal signal. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
