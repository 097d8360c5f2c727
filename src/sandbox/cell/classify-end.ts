import type { CellEnd } from '../types.ts';

/** Why the service itself killed a cell. */
export type KillReason = 'canceled' | 'limit_wall' | 'limit_cpu' | 'limit_output' | 'limit_processes';

export interface EndFacts {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  reason: KillReason | null;
  /** The kernel killed a process of the cgroup for lack of memory while the cell ran. */
  oomKilled: boolean;
  /** The kernel refused the cell another thread or process. */
  tasksRefused: boolean;
  /** CPU time used is, within the precision of the measurement, the limit. */
  cpuExhausted: boolean;
  /** Only where no cgroup bounds memory: FFmpeg said that an allocation failed. */
  outOfAddressSpace: boolean;
}

const SIGKILL = 128 + 9;
const SIGXFSZ = 128 + 25;
const SIGSYS = 128 + 31;
/** ILL, TRAP, ABRT, BUS, FPE, SEGV. */
const CRASHES = [4, 5, 6, 7, 8, 11].map((signal) => 128 + signal);

/**
 * Reads the end of a cell from what is left of it. bwrap turns a fatal signal into exit code
 * 128 + signal, so that hostile code can fake one with `exit(159)`; it only harms its own job by that.
 */
export function classifyEnd(facts: EndFacts): CellEnd {
  if (facts.reason) return facts.reason;
  if (facts.oomKilled && facts.exitCode !== 0) return 'limit_memory';
  if (facts.exitCode === SIGSYS) return 'violation';
  if (facts.exitCode === SIGXFSZ) return 'limit_output';
  if (facts.exitCode === SIGKILL) return facts.cpuExhausted ? 'limit_cpu' : 'crash';
  if (facts.signal !== null || CRASHES.includes(facts.exitCode ?? 0)) return 'crash';
  if (facts.tasksRefused && facts.exitCode !== 0) return 'limit_processes';
  if (facts.outOfAddressSpace && facts.exitCode !== 0) return 'limit_memory';
  return 'exit';
}
