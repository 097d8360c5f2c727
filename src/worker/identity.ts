import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { isDead, parseProcessStat } from '../ids/process-stat.ts';

/** Names a process for good: a pid alone is given out again. */
export interface ProcessIdentity {
  host: string;
  /** Kernel boot id: after a reboot no pid means anything. */
  boot: string;
  pid: number;
  /** Clock ticks after boot at which the process started (proc(5), stat field 22). */
  start: string;
}

export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), boot: bootId(), pid: process.pid, start: startOf(process.pid) ?? '' };
}

/** Whether a process of this host and boot still lives. */
export function isAliveHere(process: { pid: number; start: string }): boolean {
  return process.start !== '' && startOf(process.pid) === process.start;
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function startOf(pid: number): string | null {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
    return stat && !isDead(stat) ? stat.startTicks : null;
  } catch {
    return null;
  }
}
