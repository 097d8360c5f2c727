import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_TASKS } from '../cgroup/slot-group.ts';
import type { LaunchSpec } from '../tiers/tier.ts';
import type { CellLimits } from '../types.ts';
import type { Cell } from './cell.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** A limit of zero, NaN or `4 << 30` (0 in JavaScript) would kill every job with a misleading signal. */
const FLOORS = { memoryBytes: 16 * MIB, cpuSeconds: 1, wallMs: 10, outputBytes: 4096, tasks: 16 };

/** Throws a `RangeError` that names the limit when one is below its floor or not a number. */
export function checkLimits(limits: CellLimits): void {
  const asked = { ...limits, tasks: limits.tasks ?? MAX_TASKS };
  for (const key of Object.keys(FLOORS) as (keyof typeof FLOORS)[]) {
    if (!(asked[key] >= FLOORS[key] && asked[key] <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`cell limit ${key} is ${asked[key]}; the minimum is ${FLOORS[key]}`);
    }
  }
}

/**
 * Address space for a memory limit, in bytes: memory + 2 GiB, and at least 4 GiB. FFmpeg reserves far more than it
 * touches (4K x264: 2.2 GB reserved, 1.0 GB resident).
 */
export function addressSpace(memoryBytes: number): number {
  return Math.max(4 * GIB, Math.ceil(memoryBytes) + 2 * GIB);
}

/**
 * Whether `RLIMIT_NPROC` must bound tasks, because no control group does. It is second best: the kernel counts all
 * tasks of a uid, including those of a container on the same kernel that uses the same uid. Without an account the uid
 * is the service's own.
 */
export function mustCountTasks({ account, cgroup }: Pick<LaunchSpec, 'account' | 'cgroup'>): boolean {
  return account !== null && !cgroup?.countsTasks();
}

/**
 * Arguments for `prlimit`; soft and hard limits are equal.
 * @param countTasks also bound processes and threads. Use it only where no other process has the uid and no user
 * namespace is created, because the kernel counts all tasks of a uid.
 */
export function prlimitArgs(limits: CellLimits, { countTasks = false } = {}): string[] {
  return [
    `--as=${addressSpace(limits.memoryBytes)}`,
    `--fsize=${Math.ceil(limits.outputBytes)}`,
    `--cpu=${Math.ceil(limits.cpuSeconds)}`,
    '--core=0',
    '--nofile=256',
    '--memlock=0',
    '--msgqueue=0',
    `--stack=${8 * MIB}`,
    ...(countTasks ? [`--nproc=${limits.tasks ?? MAX_TASKS}`] : []),
  ];
}

/** Disk space that a file uses besides its content, such as indirect blocks. */
const SPARE_BYTES = 4096;

/** Bytes on disk of all outputs of a cell, counted in blocks so that holes in a sparse file are free. */
export function measureOutputs({ output, outputs }: Pick<Cell, 'output' | 'outputs'>): number {
  const blocks = outputs.map((name) => lstatSync(join(output, name), { throwIfNoEntry: false })?.blocks ?? 0);
  return blocks.reduce((sum, count) => sum + count * 512, 0);
}

/** Whether several outputs together exceed their limit. The kernel enforces the limit of a single one. */
export function isOverLimit(cell: Pick<Cell, 'output' | 'outputs'>, outputBytes: number): boolean {
  return cell.outputs.length > 1 && measureOutputs(cell) > outputBytes + SPARE_BYTES * cell.outputs.length;
}
