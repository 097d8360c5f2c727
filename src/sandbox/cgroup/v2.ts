import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { CellCgroup, FindGroups } from './slot-group.ts';
import { MAX_TASKS, readCpuMs } from './slot-group.ts';

const WANTED = ['memory', 'pids', 'cpu'];

/**
 * Returns the parent folder for v2 cgroups of cells, or null. A cgroup that contains processes cannot delegate controllers (the "no
 * internal processes" rule). So if this process's own cgroup cannot be used, this tries its parent. Under systemd with `Delegate=yes` and
 * `DelegateSubgroup=`, the parent is the service's cgroup. A `.slice` belongs to systemd and is not used.
 */
export function findV2Parent(own: string): string | null {
  const above = dirname(own);
  const candidates =
    basename(above).endsWith('.slice') || !existsSync(join(above, 'cgroup.procs')) ? [own] : [own, above];
  return candidates.find(delegatesControllers) ?? null;
}

function delegatesControllers(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    const available = words(join(folder, 'cgroup.controllers'));
    if (!available.includes('memory')) return false;
    for (const controller of WANTED.filter((name) => available.includes(name))) {
      if (words(join(folder, 'cgroup.subtree_control')).includes(controller)) continue;
      writeFileSync(join(folder, 'cgroup.subtree_control'), `+${controller}`);
    }
    const probe = join(folder, `airlock-${process.pid}-probe`);
    mkdirSync(probe);
    try {
      return existsSync(join(probe, 'memory.max'));
    } finally {
      rmdirSync(probe);
    }
  } catch {
    return false;
  }
}

/** CPU weight of a cell, where the default is 100; see `CPU_SHARES`. */
const CPU_WEIGHT = 50;

/** Returns the cgroup of a cell in the unified hierarchy. */
export function cgroupV2(parent: string, name: string, find: FindGroups): CellCgroup {
  const folder = join(parent, name);
  const write = (file: string, value: string | number) => writeFile(join(folder, file), String(value));
  // The kernel handles these calls in microseconds. In the thread pool, each call would wait behind copies and DNS lookups.
  const optional = (file: string, value: string | number) => {
    try {
      writeFileSync(join(folder, file), String(value));
    } catch {
      // The controller is not available in this kernel, or not delegated.
    }
  };
  const read = (file: string): string => {
    try {
      return readFileSync(join(folder, file), 'utf8');
    } catch {
      return '';
    }
  };
  // The group's counters accumulate over all cells of the slot, so usage is a difference.
  let cpuStart = 0;
  let peakStart = 0;
  const peak = (): number => Number(read('memory.peak')) || 0;
  const counters = { cpu: join(folder, 'cpu.stat'), tasks: join(folder, 'pids.events') };
  const cpuMs = (): number => readCpuMs(counters) ?? 0;

  return {
    async prepare({ memoryBytes, tasks = MAX_TASKS }) {
      mkdirSync(folder, { recursive: true });
      await write('memory.max', memoryBytes);
      optional('memory.swap.max', 0);
      // Kill the entire cell or no process of the cell, because the remaining processes would hang.
      optional('memory.oom.group', 1);
      optional('pids.max', tasks);
      optional('cpu.weight', CPU_WEIGHT);
      cpuStart = cpuMs();
      peakStart = peak();
    },
    add: (pid) => write('cgroup.procs', pid),
    contains: (pid) => find(pid).v2 === folder,
    oomKills: () => Number(/^oom_kill (\d+)$/m.exec(read('memory.events'))?.[1] ?? 0),
    counters,
    countsTasks: () => existsSync(join(folder, 'pids.max')),
    usage: () => ({ cpuMs: cpuMs() - cpuStart, peakBytes: peak() > peakStart ? peak() : 0 }),
    members: async () =>
      (await readFile(join(folder, 'cgroup.procs'), 'latin1').catch(() => '')).split('\n').filter(Boolean).map(Number),
    remove() {
      if (existsSync(folder)) rmdirSync(folder);
    },
  };
}

function words(file: string): string[] {
  return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean);
}
