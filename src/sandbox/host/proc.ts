import { readFileSync } from 'node:fs';
import { isDead, parseProcessStat } from '../../ids/process-stat.ts';

/** Ticks per second of /proc times: USER_HZ, 100 on every Linux architecture that we support. */
const USER_HZ = 100;

export interface ProcessStat {
  /** Z and X mean dead. */
  state: string;
  parent: number;
  cpuMs: number;
  /** Clock ticks after boot; with the pid it names a process for good, as pids come back. */
  startTime: number;
}

/** `/proc/<pid>/stat`, or null when there is no such process. */
export function processStat(pid: number | 'self'): ProcessStat | null {
  try {
    const stat = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    if (!stat) return null;
    const { state, parent, cpuTicks, startTicks } = stat;
    return { state, parent, cpuMs: (cpuTicks * 1000) / USER_HZ, startTime: Number(startTicks) };
  } catch {
    return null;
  }
}

/** Children of a process's main thread. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** High-water mark of resident memory, bytes, and threads alive; 0 when unknown. */
export function processSize(pid: number): { peakBytes: number; threads: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status);
    return { peakBytes: Number(peak?.[1] ?? 0) * 1024, threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1] ?? 0) };
  } catch {
    return { peakBytes: 0, threads: 0 };
  }
}

/** True while exactly this process (not a later one with its pid) runs. */
export function isRunning(pid: number, startTime: number): boolean {
  const stat = processStat(pid);
  return stat !== null && stat.startTime === startTime && !isDead(stat);
}
