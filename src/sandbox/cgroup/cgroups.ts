import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isRunning, processStat } from '../../telemetry/process-stat.ts';
import { killQuietly } from '../cell/processes.ts';
import { pidNamespace } from '../host/proc.ts';
import { parseCgroupPaths } from './paths.ts';
import type { CellCgroup } from './slot-group.ts';
import { CgroupV1, canNest } from './v1.ts';
import { cgroupV2, findV2Parent } from './v2.ts';

export interface Cgroups {
  version: 1 | 2;
  /**
   * Prepares the kernel for moving a process. The first move after a pause waits for an RCU grace period of about 11 ms
   * (cgroup_threadgroup_rwsem). If this is called early, the wait overlaps with the creation of the cell. Never rejects, because it only
   * saves time.
   */
  announce(): Promise<void>;
  slot(slot: number): CellCgroup;
  /** Removes the groups. Waits up to a second for dying processes to be reaped. */
  close(): Promise<void>;
}

/** Matches the pid, start time and pid namespace of the process that created a group. The names of probe groups contain only the pid. */
const NAME = /^airlock-(\d+)-(?:(\d+)-(\d+)-)?/;
/** Maximum number of attempts to remove a group, one every 20 ms. */
const REMOVE_ATTEMPTS = 50;
let instances = 0;

/**
 * Finds a parent for control groups below the service's own group, so that the limits of the service also apply to its cells. Resolves to
 * null if there is none (no cgroup file system, read-only, not delegated). Then only rlimits bound memory.
 */
export async function openCgroups(): Promise<Cgroups | null> {
  const mounts = cgroupMounts();
  const paths = parseCgroupPaths(readText('/proc/self/cgroup'), mounts);
  const find = (pid: number) => parseCgroupPaths(readText(`/proc/${pid}/cgroup`), mounts);
  const prefix = `airlock-${process.pid}-${processStat('self')!.startTicks}-${pidNamespace()}-${instances++}`;
  const v1 = new Map([...paths.v1].filter(([controller]) => ['memory', 'pids', 'cpuacct', 'cpu'].includes(controller)));
  for (const [controller, folder] of v1) if (!canNest(folder, `${prefix}-probe`)) v1.delete(controller);
  const v2 = v1.has('memory') || paths.v2 === null ? null : findV2Parent(paths.v2);
  if (!v1.has('memory') && v2 === null) return null;
  await Promise.all([...(v2 ? [v2] : new Set(v1.values()))].map(removeLeftovers));

  const slots = new Map<number, CellCgroup>();
  const home = readText('/proc/self/cgroup');
  const own = v2 ? paths.v2 : v1.get('memory')!;
  return {
    version: v2 ? 2 : 1,
    async announce() {
      // Moving this process to its current group changes nothing, but waits like any other move. Skip the move if the group has changed.
      if (readText('/proc/self/cgroup') !== home) return;
      await writeFile(join(own!, 'cgroup.procs'), String(process.pid)).catch(() => {});
    },
    slot(slot) {
      const known = slots.get(slot);
      if (known) return known;
      const name = `${prefix}-${slot}`;
      const cgroup = v2 ? cgroupV2(v2, name, find) : new CgroupV1(v1, name, find);
      slots.set(slot, cgroup);
      return cgroup;
    },
    async close() {
      for (const cgroup of slots.values()) await removeWithRetries(cgroup);
      slots.clear();
    },
  };
}

/** Returns the lines of mountinfo that name control groups. Machines with containers have thousands of other lines. */
function cgroupMounts(): string {
  const lines = readText('/proc/self/mountinfo').split('\n');
  return lines.filter((line) => line.includes(' - cgroup')).join('\n');
}

async function removeWithRetries(cgroup: Pick<CellCgroup, 'remove'>, attempts = REMOVE_ATTEMPTS): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      cgroup.remove();
      return;
    } catch {
      // A killed process stays a member until it is reaped. The next start removes leftovers.
      if (attempt >= attempts) return;
      await sleep(20);
    }
  }
}

/**
 * Removes the groups of dead processes, and kills the processes that are left in these groups. A process can be left if the service is
 * killed after bubblewrap has cloned the first process of a cell and before bubblewrap lets that process run. The process then waits
 * forever.
 */
async function removeLeftovers(parent: string): Promise<void> {
  for (const name of readdirSync(parent)) {
    const creator = creatorOf(name);
    if (creator === 'alive') continue;
    const folder = join(parent, name);
    const members = creator === 'dead' ? membersOf(folder) : [];
    for (const pid of members) killQuietly(pid);
    await removeWithRetries({ remove: () => rmdirIfPresent(folder) }, members.length > 0 ? REMOVE_ATTEMPTS : 1);
  }
}

/**
 * Returns the state of the process that created a group. `unseen` means that no such pid exists here, but the name does not identify the
 * process, which may belong to another pid namespace. The members of such a group stay. Groups of other programs also count as `alive`.
 */
function creatorOf(name: string): 'alive' | 'dead' | 'unseen' {
  const [match, pid, startTicks, namespace] = NAME.exec(name) ?? [];
  if (!match) return 'alive';
  if (startTicks === undefined) return processStat(Number(pid)) === null ? 'unseen' : 'alive';
  const isDead = namespace === pidNamespace() && !isRunning({ pid: Number(pid), startTicks });
  return isDead ? 'dead' : 'alive';
}

function membersOf(folder: string): number[] {
  const pids = readText(join(folder, 'cgroup.procs')).split('\n').map(Number);
  // 0 stands for a member that is invisible from here. For `kill`, 0 means the process group of the caller.
  return pids.filter((pid) => pid > 1);
}

/** Removes a group, unless another process has removed it. */
function rmdirIfPresent(folder: string): void {
  if (existsSync(folder)) rmdirSync(folder);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
