/**
 * The fields of `/proc/<pid>/stat` (proc(5)) that name a process and tell whether it lives. A pid alone is given out
 * again; with the clock tick at which it started it names a process for good, until the next boot.
 */
export interface ProcessStat {
  /** One letter; Z and X mean dead. */
  state: string;
  parent: number;
  /** Clock ticks spent in user and kernel mode. */
  cpuTicks: number;
  /** Clock ticks after boot at which it started (field 22), as it stands there. */
  startTicks: string;
}

/** Null for a text that is none. The command's name stands in parentheses and may hold anything. */
export function parseProcessStat(text: string): ProcessStat | null {
  const end = text.lastIndexOf(')');
  if (end < 0) return null;
  const fields = text.slice(end + 2).split(' ');
  const [state, startTicks] = [fields[0], fields[19]];
  if (!state || !startTicks) return null;
  return { state, parent: Number(fields[1]), cpuTicks: Number(fields[11]) + Number(fields[12]), startTicks };
}

/** A zombie keeps its entry until its parent asks for it, which the first process of a container may never do. */
export function isDead(stat: Pick<ProcessStat, 'state'>): boolean {
  return stat.state === 'Z' || stat.state === 'X';
}
