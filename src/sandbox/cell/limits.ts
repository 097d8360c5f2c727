import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_PIDS } from '../cgroup/slot-group.ts';
import type { LaunchSpec } from '../tiers/tier.ts';
import type { CellLimits } from '../types.ts';
import type { Cell } from './cell.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** A zero, NaN or `4 << 30` (0 in JavaScript) as a limit would kill every job with an odd signal. */
const FLOORS = { memoryBytes: 16 * MIB, cpuSeconds: 1, wallMs: 10, outputBytes: 4096 };

/** Throws `RangeError` that names the limit when one is below its floor or no number. */
export function checkLimits(limits: CellLimits): void {
  for (const key of Object.keys(FLOORS) as (keyof typeof FLOORS)[]) {
    if (!(limits[key] >= FLOORS[key] && limits[key] <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`cell limit ${key} is ${limits[key]}; the least is ${FLOORS[key]}`);
    }
  }
}

/**
 * Address space for a memory limit: FFmpeg reserves far more than it touches (4K x264: 2.2 GB reserved, 1.0 GB
 * resident), so memory + 2 GiB, and at least 4 GiB.
 */
export function addressSpace(memoryBytes: number): number {
  return Math.max(4 * GIB, Math.ceil(memoryBytes) + 2 * GIB);
}

/**
 * Whether a limit of the uid must bound tasks, because no control group does. It is second best: the kernel counts all tasks
 * of a uid, also those of a container that shares the kernel and happens to use the same one; and without an account
 * the uid is the service's.
 */
export function mustCountTasks({ account, cgroup }: Pick<LaunchSpec, 'account' | 'cgroup'>): boolean {
  return account !== null && !cgroup?.countsTasks();
}

/**
 * Arguments of `prlimit`, soft and hard alike.
 * @param countTasks also bound processes and threads; only where the uid is the cell's alone and no new user
 * namespace is made, for the kernel counts all tasks of a uid.
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
    ...(countTasks ? [`--nproc=${MAX_PIDS}`] : []),
  ];
}

/** Room on the disk, and in its lists of blocks, that a file takes besides its content. */
const SPARE_BYTES = 4096;

/** Bytes on disk (blocks) of all outputs of a cell, so that a sparse file counts what it takes. */
export function measureOutputs({ output, outputs }: Pick<Cell, 'output' | 'outputs'>): number {
  const blocks = outputs.map((name) => lstatSync(join(output, name), { throwIfNoEntry: false })?.blocks ?? 0);
  return blocks.reduce((sum, count) => sum + count * 512, 0);
}

/** Whether several outputs together exceed their limit. The kernel enforces that of a single one. */
export function isOverLimit(cell: Pick<Cell, 'output' | 'outputs'>, outputBytes: number): boolean {
  return cell.outputs.length > 1 && measureOutputs(cell) > outputBytes + SPARE_BYTES * cell.outputs.length;
}
