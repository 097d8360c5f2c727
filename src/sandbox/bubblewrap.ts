import type { Cell } from './cell.ts';
import type { CellLimits } from './types.ts';

/** Descriptor numbers in the launched process; all of 0–6 are set, so that none of ours can show through. */
export const FD = { seccomp: 3, status: 4, block: 5, args: 6 } as const;

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** A zero, NaN or `4 << 30` (0 in JavaScript) as a limit would kill every job with an odd signal. */
const FLOORS: CellLimits = { memoryBytes: 16 * MIB, cpuSeconds: 1, wallMs: 10, outputBytes: 4096, outputFiles: 1 };

/** Throws `RangeError` that names the limit when one is below its floor or no number. */
export function checkLimits(limits: CellLimits): void {
  for (const key of Object.keys(FLOORS) as (keyof CellLimits)[]) {
    if (!(limits[key] >= FLOORS[key] && limits[key] <= Number.MAX_SAFE_INTEGER)) {
      throw new RangeError(`cell limit ${key} is ${limits[key]}; the least is ${FLOORS[key]}`);
    }
  }
}

/**
 * Address space for a memory limit: FFmpeg reserves far more than it touches (4K x264: 2.2 GB reserved, 1.0 GB
 * resident; security 2.4), so memory + 2 GiB, and at least 4 GiB.
 */
function addressSpace(memoryBytes: number): number {
  return Math.max(4 * GIB, Math.ceil(memoryBytes) + 2 * GIB);
}

/** Arguments of `prlimit` that start `bwrap`, which reads its own arguments from a descriptor. */
export function launcherArgs(bwrap: string, limits: CellLimits, program: string, args: readonly string[]): string[] {
  return [
    `--as=${addressSpace(limits.memoryBytes)}`,
    `--fsize=${Math.ceil(limits.outputBytes)}`,
    `--cpu=${Math.ceil(limits.cpuSeconds)}`,
    '--core=0',
    '--nofile=256',
    '--memlock=0',
    '--msgqueue=0',
    `--stack=${8 * MIB}`,
    bwrap,
    '--args',
    String(FD.args),
    '--',
    program,
    ...args,
  ];
}

/**
 * What bwrap does, NUL-separated for `--args FD` (security 2.3). `--json-status-fd` is `--info-fd` that also tells,
 * at the end, whether the program was started at all; with `--block-fd` the cell waits until it sits in its cgroup.
 */
export function bubblewrapArgs(rootImage: string, cell: Pick<Cell, 'input' | 'output' | 'binds'>): Buffer {
  const args = [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--cap-drop', 'ALL', '--clearenv', '--hostname', 'job', '--uid', '65534', '--gid', '65534'],
    ...['--ro-bind', rootImage, '/', '--size', String(64 * MIB), '--tmpfs', '/tmp'],
    ...['--ro-bind', cell.input, '/in', '--bind', cell.output, '/out'],
    ...cell.binds.flatMap(({ name, path }) => ['--ro-bind', path, `/in/${name}`]),
    ...['--setenv', 'HOME', '/tmp', '--setenv', 'PATH', '/usr/bin', '--setenv', 'LC_ALL', 'C.UTF-8'],
    // SVT-AV1 prints banners whatever FFmpeg's log level is; 1 leaves its errors.
    ...['--setenv', 'SVT_LOG', '1', '--chdir', '/out'],
    ...['--seccomp', String(FD.seccomp), '--json-status-fd', String(FD.status), '--block-fd', String(FD.block)],
  ];
  return Buffer.from(args.map((arg) => `${arg}\0`).join(''));
}
