import { readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processStat } from '../../ids/process-stat.ts';
import { parseCgroupPaths } from './paths.ts';
import type { CellCgroup } from './slot-group.ts';
import { canNest, cgroupV1 } from './v1.ts';
import { cgroupV2, findV2Parent } from './v2.ts';

export interface Cgroups {
  version: 1 | 2;
  /**
   * Notifies the kernel that a process is about to be moved. The first move after a pause waits until all processors
   * have passed a quiet point, some 11 ms (cgroup_threadgroup_rwsem); said early, that time passes while the cell is
   * made. Never rejects: it only saves time.
   */
  announce(): Promise<void>;
  slot(slot: number): CellCgroup;
  /** Removes the groups; waits up to a second for dying processes to leave them. */
  close(): Promise<void>;
}

const NAME = /^airlock-(\d+)-/;
let instances = 0;

/**
 * Finds a place for control groups below our own, so that limits set on the service hold for its cells as well.
 * Null when there is none (no cgroup file system, read-only, not delegated): then only rlimits bound memory.
 */
export async function openCgroups(): Promise<Cgroups | null> {
  const paths = parseCgroupPaths(readText('/proc/self/cgroup'), readText('/proc/self/mountinfo'));
  const prefix = `airlock-${process.pid}-${instances++}`;
  const v1 = new Map([...paths.v1].filter(([controller]) => ['memory', 'pids', 'cpuacct', 'cpu'].includes(controller)));
  for (const [controller, folder] of v1) if (!canNest(folder, `${prefix}-probe`)) v1.delete(controller);
  const v2 = v1.has('memory') || paths.v2 === null ? null : findV2Parent(paths.v2);
  if (!v1.has('memory') && v2 === null) return null;
  for (const folder of v2 ? [v2] : new Set(v1.values())) removeLeftovers(folder);

  const slots = new Map<number, CellCgroup>();
  const home = readText('/proc/self/cgroup');
  const own = v2 ? paths.v2 : v1.get('memory')!;
  return {
    version: v2 ? 2 : 1,
    async announce() {
      // Moving ourselves to where we are changes nothing, but waits like any move. Where we no longer are, it would.
      if (readText('/proc/self/cgroup') !== home) return;
      await writeFile(join(own!, 'cgroup.procs'), String(process.pid)).catch(() => {});
    },
    slot(slot) {
      const known = slots.get(slot);
      if (known) return known;
      const name = `${prefix}-${slot}`;
      const cgroup = v2 ? cgroupV2(v2, name) : cgroupV1(v1, name);
      slots.set(slot, cgroup);
      return cgroup;
    },
    async close() {
      for (const cgroup of slots.values()) await removePatiently(cgroup);
      slots.clear();
    },
  };
}

async function removePatiently(cgroup: CellCgroup): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      cgroup.remove();
      return;
    } catch {
      // A process that has just been killed stays a member until it is reaped; leftovers go at the next start.
      if (attempt === 50) return;
      await sleep(20);
    }
  }
}

/** Groups of dead processes. One of another pid namespace that is in use refuses to go. */
function removeLeftovers(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (!pid || processStat(Number(pid)) !== null) continue;
    try {
      rmdirSync(join(parent, name));
    } catch {
      // In use, or another process was faster.
    }
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
