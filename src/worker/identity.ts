import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isRunning, markProcess } from '../telemetry/process-stat.ts';

/** Identifies a process uniquely. A pid alone does not, because the kernel reuses pids. */
export interface ProcessIdentity {
  host: string;
  /** The kernel's boot ID. After a reboot, recorded pids are meaningless. */
  boot: string;
  pid: number;
  /** Clock ticks after boot at which the process started (proc(5), stat field 22). */
  start: string;
}

export function ownIdentity(): ProcessIdentity {
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return { host: hostname(), boot, pid: process.pid, start: markProcess(process.pid)?.startTicks ?? '' };
}

/** Whether a process of this host and boot is running. */
export function isAliveHere({ pid, start }: { pid: number; start: string }): boolean {
  return isRunning({ pid, startTicks: start });
}
