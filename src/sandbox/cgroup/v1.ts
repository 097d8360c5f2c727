import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CellCgroup, type FindGroups, MAX_TASKS, readCpuMs } from './slot-group.ts';

/**
 * CPU weight of a cell under contention: half the default of 1024 (sched-design-CFS). The service, its database and
 * other processes stay responsive while every slot encodes; an uncontended cell can use the whole CPU.
 */
export const CPU_SHARES = 512;

/**
 * A cell's cgroups in the v1 hierarchies. `memory` is required; `pids`, `cpuacct` and `cpu` are used where available.
 * @param parents controller → folder of the parent cgroup.
 */
export function cgroupV1(parents: ReadonlyMap<string, string>, name: string, find: FindGroups): CellCgroup {
  const folder = (controller: string): string | null => {
    const parent = parents.get(controller);
    return parent ? join(parent, name) : null;
  };
  const memory = folder('memory')!;
  const pids = folder('pids');
  const cpuacct = folder('cpuacct');
  const cpu = folder('cpu');
  const counters = {
    cpu: cpuacct && join(cpuacct, 'cpuacct.usage'),
    tasks: pids && join(pids, 'pids.events'),
  };
  // Two controllers may share one hierarchy.
  const folders = [...new Set([memory, pids, cpuacct, cpu].filter((path) => path !== null))];
  const read = (path: string | null, file: string): string => {
    try {
      return path ? readFileSync(join(path, file), 'latin1') : '';
    } catch {
      return '';
    }
  };
  const write = (path: string, file: string, value: string | number) => writeFile(join(path, file), String(value));
  // The kernel does these in microseconds; in the thread pool each would wait behind copies and DNS lookups.
  const writeSync = (path: string, file: string, value: string | number) =>
    writeFileSync(join(path, file), String(value));

  return {
    async prepare({ memoryBytes, tasks = MAX_TASKS }) {
      for (const path of folders) mkdirSync(path, { recursive: true });
      await limitMemory(memoryBytes).catch(async () => {
        // Page cache of the last job is still charged here and exceeds the new limit.
        await write(memory, 'memory.force_empty', 0);
        await limitMemory(memoryBytes);
      });
      writeSync(memory, 'memory.max_usage_in_bytes', 0);
      if (pids) writeSync(pids, 'pids.max', tasks);
      if (cpuacct) writeSync(cpuacct, 'cpuacct.usage', 0);
      if (cpu) writeSync(cpu, 'cpu.shares', CPU_SHARES);
    },
    async add(pid) {
      // Each move may wait for a grace period of the kernel; moves in parallel wait for the same one.
      await Promise.all(folders.map((path) => write(path, 'cgroup.procs', pid)));
    },
    holds(pid) {
      const { v1 } = find(pid);
      return [...parents.keys()].every((controller) => v1.get(controller) === folder(controller));
    },
    oomKills: () => Number(/^oom_kill (\d+)$/m.exec(read(memory, 'memory.oom_control'))?.[1] ?? 0),
    counters,
    countsTasks: () => pids !== null,
    usage: () => ({
      cpuMs: readCpuMs(counters),
      peakBytes: Number(read(memory, 'memory.max_usage_in_bytes')),
    }),
    members: async () =>
      (await readFile(join(memory, 'cgroup.procs'), 'latin1').catch(() => '')).split('\n').filter(Boolean).map(Number),
    remove() {
      for (const path of folders) if (existsSync(path)) rmdirSync(path);
    },
  };

  /** The limit with swap must never be below the limit without, so it is raised first and lowered last. */
  async function limitMemory(bytes: number): Promise<void> {
    const swap = existsSync(join(memory, 'memory.memsw.limit_in_bytes'));
    // Mostly they are those of the last cell. Reading is immediate; setting them goes through the thread pool.
    const isSet = (file: string, value: number) => read(memory, file).trim() === String(value);
    const isSecondSet = swap ? isSet('memory.memsw.limit_in_bytes', bytes) : isSet('memory.swappiness', 0);
    if (isSecondSet && isSet('memory.limit_in_bytes', bytes)) return;
    if (swap) await write(memory, 'memory.memsw.limit_in_bytes', -1);
    await write(memory, 'memory.limit_in_bytes', bytes);
    // Equal limits allow no swap. Without swap accounting, swappiness 0 asks the kernel not to swap these pages.
    if (swap) await write(memory, 'memory.memsw.limit_in_bytes', bytes);
    else await write(memory, 'memory.swappiness', 0);
  }
}

/** Whether child cgroups can be created. Tries it: permission bits do not tell (read-only mounts, containers). */
export function canNest(parent: string, name: string): boolean {
  try {
    mkdirSync(join(parent, name));
    rmdirSync(join(parent, name));
    return true;
  } catch {
    return false;
  }
}
