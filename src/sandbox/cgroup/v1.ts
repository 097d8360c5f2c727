import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CellCgroup, type CellCounters, type FindGroups, MAX_TASKS, readCpuMs } from './slot-group.ts';

/**
 * CPU weight of a cell under contention: half the default of 1024 (sched-design-CFS). The service, its database and other processes stay
 * responsive while every slot encodes. Without contention, a cell can use the entire CPU.
 */
export const CPU_SHARES = 512;

/** The cgroups of a cell in the v1 hierarchies. `memory` is required. `pids`, `cpuacct` and `cpu` are used where available. */
export class CgroupV1 implements CellCgroup {
  readonly counters: CellCounters;
  /** The cell's folders by controller, each in the hierarchy of the controller. Two controllers may share a hierarchy. */
  readonly #folders: ReadonlyMap<string, string>;
  readonly #memory: string;
  readonly #find: FindGroups;

  /** @param parents folders of the parent cgroups, by controller */
  constructor(parents: ReadonlyMap<string, string>, name: string, find: FindGroups) {
    this.#folders = new Map([...parents].map(([controller, parent]) => [controller, join(parent, name)]));
    this.#memory = this.#folders.get('memory')!;
    this.#find = find;
    this.counters = { cpu: this.#path('cpuacct', 'cpuacct.usage'), tasks: this.#path('pids', 'pids.events') };
  }

  async prepare({ memoryBytes, tasks = MAX_TASKS }: Parameters<CellCgroup['prepare']>[0]): Promise<void> {
    for (const folder of this.#distinctFolders()) mkdirSync(folder, { recursive: true });
    await limitMemory(this.#memory, memoryBytes).catch(async () => {
      // The page cache of the last job is still charged to the group and exceeds the new limit.
      await write(join(this.#memory, 'memory.force_empty'), 0);
      await limitMemory(this.#memory, memoryBytes);
    });
    this.#set('memory', 'memory.max_usage_in_bytes', 0);
    this.#set('pids', 'pids.max', tasks);
    this.#set('cpuacct', 'cpuacct.usage', 0);
    this.#set('cpu', 'cpu.shares', CPU_SHARES);
  }

  async add(pid: number): Promise<void> {
    // Each move may wait for a grace period of the kernel. Parallel moves wait for the same grace period.
    await Promise.all(this.#distinctFolders().map((folder) => write(join(folder, 'cgroup.procs'), pid)));
  }

  contains(pid: number): boolean {
    const { v1 } = this.#find(pid);
    return [...this.#folders].every(([controller, folder]) => v1.get(controller) === folder);
  }

  oomKills(): number {
    return Number(/^oom_kill (\d+)$/m.exec(read(join(this.#memory, 'memory.oom_control')))?.[1] ?? 0);
  }

  countsTasks(): boolean {
    return this.#folders.has('pids');
  }

  usage(): { cpuMs: number | null; peakBytes: number } {
    return {
      cpuMs: readCpuMs(this.counters),
      peakBytes: Number(read(join(this.#memory, 'memory.max_usage_in_bytes'))),
    };
  }

  async members(): Promise<number[]> {
    const text = await readFile(join(this.#memory, 'cgroup.procs'), 'latin1').catch(() => '');
    return text.split('\n').filter(Boolean).map(Number);
  }

  remove(): void {
    for (const folder of this.#distinctFolders()) if (existsSync(folder)) rmdirSync(folder);
  }

  #distinctFolders(): string[] {
    return [...new Set(this.#folders.values())];
  }

  /** Returns the path of a controller's file, or null where the controller is not available. */
  #path(controller: string, file: string): string | null {
    const folder = this.#folders.get(controller);
    return folder === undefined ? null : join(folder, file);
  }

  /**
   * Sets a value where the controller is available. Synchronous: the kernel needs microseconds, but in the thread pool the call would wait
   * behind copies and DNS lookups.
   */
  #set(controller: string, file: string, value: number): void {
    const path = this.#path(controller, file);
    if (path !== null) writeFileSync(path, String(value));
  }
}

/** Sets the memory limits. The limit with swap must never be below the limit without swap, so it is raised first and lowered last. */
async function limitMemory(folder: string, bytes: number): Promise<void> {
  const withSwap = join(folder, 'memory.memsw.limit_in_bytes');
  const withoutSwap = join(folder, 'memory.limit_in_bytes');
  const swappiness = join(folder, 'memory.swappiness');
  const countsSwap = existsSync(withSwap);
  // The limits are usually the same as for the last cell. Reading the limits is immediate, while setting the limits uses the thread pool.
  const isSet = (path: string, value: number) => read(path).trim() === String(value);
  if ((countsSwap ? isSet(withSwap, bytes) : isSet(swappiness, 0)) && isSet(withoutSwap, bytes)) return;
  if (countsSwap) await write(withSwap, -1);
  await write(withoutSwap, bytes);
  // Equal limits allow no swap. Without swap accounting, swappiness 0 asks the kernel not to swap these pages.
  if (countsSwap) await write(withSwap, bytes);
  else await write(swappiness, 0);
}

/** Returns the text of a file, which is empty if the file cannot be read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function write(path: string, value: number): Promise<void> {
  return writeFile(path, String(value));
}

/**
 * Whether child cgroups can be created. Tries to create one, because permission bits do not show read-only mounts or restrictions of
 * containers.
 */
export function canNest(parent: string, name: string): boolean {
  try {
    mkdirSync(join(parent, name));
    rmdirSync(join(parent, name));
    return true;
  } catch {
    return false;
  }
}
