import { readFileSync } from 'node:fs';
import type { CellLimits } from '../types.ts';
import type { CgroupPaths } from './paths.ts';

/** Maximum processes and threads of a cell: enough for the thread pools of encoder, decoder and filters on a large machine. */
export const MAX_TASKS = 1024;

/** Counter files of a control group, readable from any thread; null where the controller is not available. */
export interface CellCounters {
  /** `cpuacct.usage` or `cpu.stat`. */
  cpu: string | null;
  /** `pids.events`. */
  tasks: string | null;
}

/** CPU time since the counter was last reset, in milliseconds; null when it is not counted. */
export function readCpuMs({ cpu }: CellCounters): number | null {
  const text = cpu === null ? null : readText(cpu);
  if (!text) return null;
  const microseconds = /^usage_usec (\d+)$/m.exec(text);
  return microseconds ? Number(microseconds[1]) / 1e3 : Number(text) / 1e6;
}

/** Threads and processes that the task limit denied since the group was created; 0 when they are not counted. */
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

/** Returns the folders of the control groups of a process; none for a process that is gone. */
export type FindGroups = (pid: number) => CgroupPaths;

/** The control group of one slot, reused by consecutive cells. */
export interface CellCgroup {
  /** Creates the group if needed, sets the limits of memory (bytes, including swap) and tasks, and resets the counters. */
  prepare(limits: Pick<CellLimits, 'memoryBytes' | 'tasks'>): Promise<void>;
  add(pid: number): Promise<void>;
  /** Whether the process is in the group. With cgroup v1: in the groups of every hierarchy that bounds or counts cells. */
  contains(pid: number): boolean;
  /** Processes that the OOM killer has killed since the group was created; never decreases. */
  oomKills(): number;
  /** The counter files. Their paths do not change once the group is prepared. */
  readonly counters: CellCounters;
  /** Whether the group limits tasks; valid once it is prepared. */
  countsTasks(): boolean;
  /**
   * Usage since `prepare`. `cpuMs` is null without a CPU accounting controller. `peakBytes` includes page cache. It is 0 if unknown,
   * because v2 keeps one high-water mark for all cells of a slot.
   */
  usage(): { cpuMs: number | null; peakBytes: number };
  members(): Promise<number[]>;
  /** Throws EBUSY while the group still has a process. */
  remove(): void;
}
