import { writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, markProcess, type ProcessMark } from '../../telemetry/process-stat.ts';
import type { CellCgroup } from '../cgroup/slot-group.ts';

/** Identifies a launched process. For a process that has already died, returns an identifier that matches no process. */
export function markLaunched(pid: number): ProcessMark {
  return markProcess(pid) ?? { pid, startTicks: '' };
}

/** Niceness of cells, which gives the service CPU priority where no control group does. */
const NICENESS = 3;

/** Moves a waiting cell into its cgroup, which its later children inherit, and lowers its priority. */
export async function admit(pid: number, cgroup: CellCgroup | null): Promise<void> {
  if (cgroup) await cgroup.add(pid);
  try {
    setPriority(pid, NICENESS);
    // Makes the kernel kill a job instead of the service when the machine runs out of memory.
    writeFileSync(`/proc/${pid}/oom_score_adj`, '700');
  } catch {
    // The process has exited or cannot be changed. The priority is not essential.
  }
}

/** Kills a process until it no longer exists. A launcher can exit a moment before the kernel has removed its children. */
export async function waitForEnd(process: ProcessMark | null): Promise<void> {
  for (let attempt = 0; process && isRunning(process); attempt += 1) {
    if (attempt % 100 === 0) killQuietly(process.pid);
    await sleep(attempt < 10 ? 1 : 5);
  }
}

/** Sends SIGKILL. A negative number names a process group. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process no longer exists.
  }
}

/** Returns 128 + signal number, the exit code with which shells and bwrap report a fatal signal. */
export function signalExitCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
