import type { CellEnd } from '../types.ts';

/** Why the service killed a cell. */
export type KillReason = 'canceled' | 'limit_wall' | 'limit_cpu' | 'limit_output' | 'limit_processes';

export interface EndFacts {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
  reason: KillReason | null;
  /** Whether the kernel's OOM killer killed a process of the cgroup while the cell ran. */
  oomKilled: boolean;
  /** Whether the kernel rejected the creation of another thread or process in the cell. */
  tasksDenied: boolean;
  /** Whether the CPU time has reached the limit, within the precision of the measurement. */
  cpuExhausted: boolean;
  /** Whether FFmpeg reported a failed allocation. Set only where no cgroup bounds memory. */
  outOfAddressSpace: boolean;
}

const SIGKILL = 128 + 9;
const SIGXFSZ = 128 + 25;
const SIGSYS = 128 + 31;
/** Exit codes for ILL, TRAP, ABRT, BUS, FPE and SEGV. */
const CRASHES = [4, 5, 6, 7, 8, 11].map((signal) => 128 + signal);

/**
 * Classifies how a cell ended. bwrap reports a fatal signal as exit code 128 + signal, so hostile code can fake a signal, for example with
 * `exit(159)`. That harms only its own job.
 */
export function classifyEnd(facts: EndFacts): CellEnd {
  if (facts.reason) return facts.reason;
  if (facts.oomKilled && facts.exitCode !== 0) return 'limit_memory';
  if (facts.exitCode === SIGSYS) return 'violation';
  if (facts.exitCode === SIGXFSZ) return 'limit_output';
  if (facts.exitCode === SIGKILL) return facts.cpuExhausted ? 'limit_cpu' : 'crash';
  if (facts.signal !== null || CRASHES.includes(facts.exitCode ?? 0)) return 'crash';
  if (facts.tasksDenied && facts.exitCode !== 0) return 'limit_processes';
  if (facts.outOfAddressSpace && facts.exitCode !== 0) return 'limit_memory';
  return 'exit';
}
