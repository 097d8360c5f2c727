import { readFileSync, readlinkSync } from 'node:fs';

/* The functions of this file read as UTF-8. For any other encoding, Node.js allocates a buffer of 64 kB, which takes twice as long. */

/** Returns the children of a process's main thread. */
export function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Returns the peak resident memory in bytes, and the number of live threads. Both are 0 if unknown. */
export function processSize(pid: number): { peakBytes: number; threads: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(status);
    return { peakBytes: Number(peak?.[1] ?? 0) * 1024, threads: Number(/^Threads:\s+(\d+)$/m.exec(status)?.[1] ?? 0) };
  } catch {
    return { peakBytes: 0, threads: 0 };
  }
}

/** Returns the inode of this process's pid namespace, as in `pid:[4026531836]`. Pids of other namespaces cannot be looked up here. */
export function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0';
}
