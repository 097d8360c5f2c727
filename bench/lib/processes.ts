import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Clock ticks per second of /proc (sysconf _SC_CLK_TCK): 100 on every Linux that Node supports. */
const TICKS = 100;

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Returns the fields of /proc/PID/stat from the third on. The command, which precedes them, may contain any character. */
function statFields(pid: number): string[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Returns the ids of a process and of all its descendants. */
export function processTree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(statFields(Number(name))?.[1]) }));
  const tree = [root];
  for (const pid of tree) for (const child of parents) if (child.parent === pid) tree.push(child.pid);
  return tree;
}

/** Returns the CPU seconds of these processes and, by default, of all their children that have exited and been reaped. */
export function cpuSeconds(pids: readonly number[], { children = true } = {}): number {
  const end = children ? 15 : 13;
  const ticks = pids.map((pid) =>
    (statFields(pid) ?? []).slice(11, end).reduce((sum, value) => sum + Number(value), 0),
  );
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS;
}

/** Returns the CPU seconds of the exited children of this process. */
export function cpuSecondsOfChildren(): number {
  const [user = 0, system = 0] = (statFields(process.pid) ?? []).slice(13, 15).map(Number);
  return (user + system) / TICKS;
}

export interface ProcessMemory {
  pid: number;
  name: string;
  /** Resident MiB. Pages that several processes share count in each of them. */
  rss: number;
  /** Resident MiB. Shared pages are divided among the processes that share them, so the values can be added up. */
  pss: number;
}

export function memoryOf(pids: readonly number[]): ProcessMemory[] {
  return pids.flatMap((pid) => {
    const rollup = read(`/proc/${pid}/smaps_rollup`);
    if (!rollup) return [];
    const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1]) / 1024;
    return [{ pid, name: nameOf(pid), rss: field('Rss'), pss: field('Pss') }];
  });
}

export interface PeakMemory {
  pid: number;
  name: string;
  /** Largest resident memory, in MiB. */
  rss: number;
}

/** Resets the peaks to the memory that is resident now (`proc(5)`, clear_refs). */
export function forgetPeaks(pids: readonly number[]): void {
  for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

export function peaksOf(pids: readonly number[]): PeakMemory[] {
  return pids.map((pid) => {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1];
    return { pid, name: nameOf(pid), rss: Number(peak) / 1024 };
  });
}

/** Returns a name such as `airlock api` or `postgres: walwriter`, never a path. */
function nameOf(pid: number): string {
  const words = (read(`/proc/${pid}/cmdline`) ?? '').split('\0').filter(Boolean);
  if (words[0]?.startsWith('postgres:')) return words[0].trim();
  const script = words.findIndex((word) => word.endsWith('airlock.js'));
  if (script >= 0) return `airlock ${words[script + 1] ?? ''}`.trim();
  return words[0]?.split('/').pop() ?? String(pid);
}

/** Whether a descendant of `pid` runs that program, by the kernel's short name. Reads children only, so it is fast. */
export function runsBelow(pid: number, program: string): boolean {
  const children = (read(`/proc/${pid}/task/${pid}/children`) ?? '').split(' ').filter(Boolean).map(Number);
  return children.some((child) => read(`/proc/${child}/comm`)?.trim() === program || runsBelow(child, program));
}

/** Number of processes and threads that this machine has started since its boot. */
export function tasksCreated(): number {
  return Number(/^processes (\d+)$/m.exec(read('/proc/stat') ?? '')?.[1]);
}
