import { readFileSync } from 'node:fs';
import type { CellLimits } from '../types.ts';
import type { CgroupPaths } from './paths.ts';

/** Maximum number of processes and threads of a cell: enough for the thread pools of encoder, decoder and filters on a large machine. */
export const MAX_TASKS = 1024;

/** Paths of the counter files of a control group, which any thread can read. Null where the controller is not available. */
export interface CellCounters {
  /** Path of `cpuacct.usage` or `cpu.stat`. */
  cpu: string | null;
  /** Path of `pids.events`. */
  tasks: string | null;
}

/** Returns the CPU time since the counter was last reset, in milliseconds, or null if it is not counted. */
export function readCpuMs({ cpu }: CellCounters): number | null {
  const text = cpu === null ? null : readText(cpu);
  if (!text) return null;
  const microseconds = /^usage_usec (\d+)$/m.exec(text);
  return microseconds ? Number(microseconds[1]) / 1e3 : Number(text) / 1e6;
}

/** Returns the number of threads and processes that the task limit denied since the group was created, or 0 if they are not counted. */
export function readDeniedTasks({ tasks }: CellCounters): number {
  return Number(/^max (\d+)$/m.exec(tasks === null ? '' : readText(tasks))?.[1] ?? 0);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Returns the folders of the control groups of a process, or no folders for a process that has ended. */
export type FindGroups = (pid: number) => CgroupPaths;

/** The control group of one slot, reused by consecutive cells. */
export interface CellCgroup {
  /** Creates the group if needed, sets the limits of memory (bytes, including swap) and tasks, and resets the counters. */
  prepare(limits: Pick<CellLimits, 'memoryBytes' | 'tasks'>): Promise<void>;
  add(pid: number): Promise<void>;
  /** Whether the process is in the group. With cgroup v1, it must be in the groups of every hierarchy that bounds or counts cells. */
  contains(pid: number): boolean;
  /** Returns the number of processes that the OOM killer has killed since the group was created. Never decreases. */
  oomKills(): number;
  /** The counter files. Their paths do not change once the group is prepared. */
  readonly counters: CellCounters;
  /** Whether the group limits tasks. Valid once the group is prepared. */
  countsTasks(): boolean;
  /**
   * Returns the usage since `prepare`. `cpuMs` is null without a CPU accounting controller. `peakBytes` includes the page cache. `peakBytes` is
   * 0 if unknown, because v2 keeps one high-water mark for all cells of a slot.
   */
  usage(): { cpuMs: number | null; peakBytes: number };
  members(): Promise<number[]>;
  /** Removes the group. Throws EBUSY while the group still has a process. */
  remove(): void;
}
