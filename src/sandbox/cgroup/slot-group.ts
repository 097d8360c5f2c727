import { readFileSync } from 'node:fs';

/** Room for the thread pools of encoder, decoder and filters on a large machine. */
export const MAX_PIDS = 1024;

/** Files of a control group that any thread can read; null where its controller is not available. */
export interface CellCounters {
  /** `cpuacct.usage` or `cpu.stat`. */
  cpu: string | null;
  /** `pids.events`. */
  tasks: string | null;
}

/** CPU time since the counter was last set to zero, milliseconds; null when it is not counted. */
export function readCpuMs({ cpu }: CellCounters): number | null {
  const text = cpu === null ? null : readText(cpu);
  if (!text) return null;
  const microseconds = /^usage_usec (\d+)$/m.exec(text);
  return microseconds ? Number(microseconds[1]) / 1e3 : Number(text) / 1e6;
}

/** Threads and processes refused for being too many since the group was made; 0 when they are not counted. */
export function readRefusedTasks({ tasks }: CellCounters): number {
  return Number(/^max (\d+)$/m.exec(tasks === null ? '' : readText(tasks))?.[1] ?? 0);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** The control group of one slot, used by one cell after the other. */
export interface CellCgroup {
  /** Makes it if need be, sets the limit (bytes, swap included) and zeroes the counters. */
  prepare(memoryBytes: number): Promise<void>;
  add(pid: number): Promise<void>;
  /** Processes killed for lack of memory since the group was made; only ever rises. */
  oomKills(): number;
  /** Where the kernel counts; a file stays where it is once the group is prepared. */
  readonly counters: CellCounters;
  /** Whether it bounds them at all; known once it is prepared. */
  countsTasks(): boolean;
  /** Since `prepare`. `cpuMs` is null without a CPU accounting controller; `peakBytes` counts page cache too, and
   * is 0 when unknown (v2 keeps one mark for all cells of a slot). */
  usage(): { cpuMs: number | null; peakBytes: number };
  members(): Promise<number[]>;
  /** Throws EBUSY while a process is left. */
  remove(): void;
}
