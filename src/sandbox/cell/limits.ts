import { type Dir, lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';
import { MAX_TASKS } from '../cgroup/slot-group.ts';
import type { LaunchSpec } from '../tiers/tier.ts';
import type { CellLimits, OutputDirectory } from '../types.ts';
import type { Cell } from './cell.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** Minimum of each limit. A limit of zero, NaN or `4 << 30` (0 in JavaScript) would kill every job with a misleading signal. */
const FLOORS = { memoryBytes: 16 * MIB, cpuSeconds: 1, wallMs: 10, outputBytes: 4096, tasks: 16 };

/** Throws a `RangeError` that names the limit if a limit is below its minimum or not a number. */
export function checkLimits(limits: CellLimits): void {
  const asked = { ...limits, tasks: limits.tasks ?? MAX_TASKS };
  for (const key of Object.keys(FLOORS) as (keyof typeof FLOORS)[]) {
    if (!(asked[key] >= FLOORS[key] && asked[key] <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`cell limit ${key} is ${asked[key]}; the minimum is ${FLOORS[key]}`);
    }
  }
}

/**
 * Returns the address space for a memory limit, in bytes: the limit plus 2 GiB, and at least 4 GiB. FFmpeg reserves far more memory than it
 * touches (4K x264: 2.2 GB reserved, 1.0 GB resident).
 */
export function addressSpace(memoryBytes: number): number {
  return Math.max(4 * GIB, Math.ceil(memoryBytes) + 2 * GIB);
}

/**
 * Whether `RLIMIT_NPROC` must bound tasks, because no control group does. The kernel counts all tasks of a uid, including the tasks of a
 * container on the same kernel that uses the same uid. Without an account, tasks are not bounded, because the uid is the service's own.
 */
export function mustCountTasks({ account, cgroup }: Pick<LaunchSpec, 'account' | 'cgroup'>): boolean {
  return account !== null && !cgroup?.countsTasks();
}

/**
 * Returns arguments for `prlimit`. Soft and hard limits are equal.
 * @param countTasks whether to bound processes and threads. Use this only where no other process has the uid and no user namespace is
 * created, because the kernel counts all tasks of a uid.
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

/** Number of bytes on disk that a file may use besides its content, such as indirect blocks. */
const SPARE_BYTES = 4096;

type Outputs = Pick<Cell, 'output' | 'outputs' | 'directories'>;

/** Returns the bytes on disk of all output files of a cell, counted in blocks so that holes in a sparse file are free. */
export function measureOutputs({ output, outputs }: Pick<Cell, 'output' | 'outputs'>): number {
  const blocks = outputs.map((name) => lstatSync(join(output, name), { throwIfNoEntry: false })?.blocks ?? 0);
  return blocks.reduce((sum, count) => sum + count * 512, 0);
}

/**
 * Whether the outputs together exceed their limit, or a directory contains too many files or a directory that it may not contain. The
 * kernel enforces the limit of a single file.
 */
export function isOverLimit(cell: Outputs, outputBytes: number): boolean {
  if (cell.directories.length === 0 && cell.outputs.length <= 1) return false;
  let bytes = measureOutputs(cell);
  let spare = SPARE_BYTES * cell.outputs.length;
  for (const directory of cell.directories) {
    const measured = measureDirectory(cell.output, directory);
    if (measured === null) return true;
    bytes += measured.bytes;
    spare += SPARE_BYTES * (measured.entries + 1);
  }
  return bytes > outputBytes + spare;
}

/**
 * Returns the bytes on disk and the number of entries of a directory. Null if it has too many files, or a directory that it may not
 * contain.
 */
function measureDirectory(
  output: string,
  { name, directories = [], maxFiles }: OutputDirectory,
): { bytes: number; entries: number } | null {
  let bytes = 0;
  let files = 0;
  for (const path of [name, ...directories.map((part) => join(name, part))].map((part) => join(output, part))) {
    // Read entry by entry, because a directory may have any number of entries.
    const folder = openFolder(path);
    if (!folder) return null;
    try {
      for (let entry = folder.readSync(); entry; entry = folder.readSync()) {
        if (path === join(output, name) && directories.includes(entry.name)) continue;
        if (entry.isDirectory() || ++files > maxFiles) return null;
        // The bytes are counted in blocks, as for outputs.
        bytes += (lstatSync(join(path, entry.name), { throwIfNoEntry: false })?.blocks ?? 0) * 512;
      }
      bytes += lstatSync(path).blocks * 512;
    } finally {
      folder.closeSync();
    }
  }
  return { bytes, entries: files + directories.length };
}

/** Opens a folder. Returns null if the program has replaced the folder. */
function openFolder(path: string): Dir | null {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ? opendirSync(path, { bufferSize: 256 }) : null;
}
