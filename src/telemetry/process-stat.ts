import { readFileSync } from 'node:fs';

/** Ticks per second of /proc times: USER_HZ, 100 on every Linux architecture that Airlock supports. */
const USER_HZ = 100;

/**
 * The fields of `/proc/<pid>/stat` (proc(5)) that identify a process and show whether it is alive. A pid can be reused. Together with the
 * clock tick at which the process started, the pid identifies the process until the next boot.
 */
export interface ProcessStat {
  /** One letter. Z and X mean that the process is dead. */
  state: string;
  parent: number;
  /** Processor time spent in user and kernel mode, in milliseconds. */
  cpuMs: number;
  /** Clock ticks between boot and the start of the process (field 22), as text. */
  startTicks: string;
}

/**
 * Parses the text of `/proc/<pid>/stat`. Returns null for malformed text. The name of the command is in parentheses and may contain any
 * character.
 */
export function parseProcessStat(text: string): ProcessStat | null {
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const fields = text.slice(end + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (!state || !startTicks) return null;
  const cpuMs = ((Number(fields[11]) + Number(fields[12])) * 1000) / USER_HZ;
  return { state, parent: Number(fields[1]), cpuMs, startTicks };
}

/**
 * Whether a process is dead. A zombie is dead, but keeps its entry until its parent reaps it, which the first process of a container may
 * never do.
 */
export function isDead(stat: Pick<ProcessStat, 'state'>): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}

/** Reads `/proc/<pid>/stat`. Returns null if the process does not exist. */
export function processStat(pid: number | 'self'): ProcessStat | null {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** Identifies a process by its pid and its start. Pids are reused, but this pair is unique until the next boot. */
export interface ProcessMark {
  pid: number;
  startTicks: string;
}

/** Returns the mark of a running process. Null if the process does not exist or is a zombie. */
export function markProcess(pid: number): ProcessMark | null {
  const stat = Number.isSafeInteger(pid) && pid > 0 ? processStat(pid) : null;
  return stat && !isDead(stat) ? { pid, startTicks: stat.startTicks } : null;
}

/** Whether exactly this process runs, instead of a later process with its pid. */
export function isRunning({ pid, startTicks }: ProcessMark): boolean {
  return markProcess(pid)?.startTicks === startTicks;
}
