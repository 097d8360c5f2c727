import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CellCgroup, MAX_PIDS, readCpuMs } from './slot-group.ts';

/**
 * Share of the processor that a cell gets where others want it too: half of a session's 1024 (sched-design-CFS).
 * The service, its database and other users of the machine get an answer although every slot encodes; alone, a cell has it all.
 */
export const CPU_SHARES = 512;

/**
 * A cell's cgroups in the v1 hierarchies. `memory` is a must; `pids`, `cpuacct` and `cpu` are used where they can be had.
 * @param parents controller → folder of the parent cgroup.
 */
export function cgroupV1(parents: ReadonlyMap<string, string>, name: string): CellCgroup {
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
  // What the kernel does in microseconds; by way of the thread pool each would wait behind copies and look-ups.
  const writeAtOnce = (path: string, file: string, value: string | number) =>
    writeFileSync(join(path, file), String(value));

  return {
    async prepare(memoryBytes) {
      for (const path of folders) mkdirSync(path, { recursive: true });
      await limitMemory(memoryBytes).catch(async () => {
        // Page cache of the last job is still charged here and more than the new limit.
        await write(memory, 'memory.force_empty', 0);
        await limitMemory(memoryBytes);
      });
      writeAtOnce(memory, 'memory.max_usage_in_bytes', 0);
      if (pids) writeAtOnce(pids, 'pids.max', MAX_PIDS);
      if (cpuacct) writeAtOnce(cpuacct, 'cpuacct.usage', 0);
      if (cpu) writeAtOnce(cpu, 'cpu.shares', CPU_SHARES);
    },
    async add(pid) {
      // The kernel may make each wait for the same pause of all processors: together they wait for it once.
      await Promise.all(folders.map((path) => write(path, 'cgroup.procs', pid)));
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

  /** Memory with swap may never be less than memory alone, so it goes up first and comes down last. */
  async function limitMemory(bytes: number): Promise<void> {
    const swap = existsSync(join(memory, 'memory.memsw.limit_in_bytes'));
    if (swap) await write(memory, 'memory.memsw.limit_in_bytes', -1);
    await write(memory, 'memory.limit_in_bytes', bytes);
    // Equal limits leave no room for swap; without swap accounting the kernel is asked not to swap these pages.
    if (swap) await write(memory, 'memory.memsw.limit_in_bytes', bytes);
    else await write(memory, 'memory.swappiness', 0);
  }
}

/** Whether child cgroups can be made here: tried, because permission bits do not show it (read-only mounts, containers). */
export function canNest(parent: string, name: string): boolean {
  try {
    mkdirSync(join(parent, name));
    rmdirSync(join(parent, name));
    return true;
  } catch {
    return false;
  }
}
