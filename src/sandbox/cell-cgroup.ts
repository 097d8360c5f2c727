/** Room for the thread pools of encoder, decoder and filters on a large machine. */
export const MAX_PIDS = 1024;

/** The control group of one slot, used by one cell after the other. */
export interface CellCgroup {
  /** Makes it if need be, sets the limit (bytes, swap included) and zeroes the counters. */
  prepare(memoryBytes: number): Promise<void>;
  add(pid: number): Promise<void>;
  /** Processes killed for lack of memory since the group was made; only ever rises. */
  oomKills(): number;
  /** Threads and processes refused for being too many since the group was made; 0 without a pids controller. */
  refusedTasks(): number;
  /** Whether it bounds them at all; known once it is prepared. */
  countsTasks(): boolean;
  /** Since `prepare`. `cpuMs` is null without a CPU accounting controller; `peakBytes` counts page cache too, and
   * is 0 when unknown (v2 keeps one mark for all cells of a slot). */
  usage(): { cpuMs: number | null; peakBytes: number };
  members(): Promise<number[]>;
  /** Throws EBUSY while a process is left. */
  remove(): void;
}
