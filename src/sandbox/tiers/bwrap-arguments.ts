import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Cell, writablesOf } from '../cell/cell.ts';
import { prlimitArgs } from '../cell/limits.ts';
import { RANDOM_DEVICE } from '../host/random-device.ts';
import type { CellLimits } from '../types.ts';
import type { FilterFiles, LaunchSpec } from './tier.ts';

/** Paths that stay the same while a sandbox is open. */
export interface BwrapTools {
  bwrap: string;
  prlimit: string;
  setpriv: string;
  sh: string;
  /** Paths of the filters. Each cell opens its filter separately, because duplicated descriptors share a read offset. */
  filters: FilterFiles;
}

/** Descriptor numbers in the launched process. All of 0–6 are set, so that the process inherits no descriptor of the service. */
export const FD = { seccomp: 3, status: 4, block: 5, args: 6 } as const;

const MIB = 2 ** 20;

/** Returns the arguments of `prlimit` that start `bwrap`, which reads its own arguments from a descriptor. */
export function launcherArgs(bwrap: string, limits: CellLimits, program: string, args: readonly string[]): string[] {
  return [...prlimitArgs(limits), bwrap, '--args', String(FD.args), '--', program, ...args];
}

/** The root folder that a cell sees as `/`. */
type CellRoot = Pick<LaunchSpec, 'rootImage' | 'sees' | 'randomDevice'>;

/** The files and folders that bwrap mounts into a cell. */
type CellMounts = Pick<Cell, 'input' | 'output' | 'outputs' | 'directories' | 'binds'>;

/**
 * Returns the arguments of bwrap, NUL-separated for `--args FD`. `--json-status-fd` is like `--info-fd` but also reports, at the end,
 * whether the program started. `--block-fd` makes the cell wait until it is in its cgroup.
 */
export function bubblewrapArgs(root: CellRoot, cell: CellMounts): Buffer {
  const args = [
    ...isolationArgs(root, cell),
    ...['--seccomp', String(FD.seccomp), '--json-status-fd', String(FD.status), '--block-fd', String(FD.block)],
  ];
  return Buffer.from(args.map((arg) => `${arg}\0`).join(''));
}

/** Returns the arguments for the namespaces, mounts and environment of a cell, without its filter. */
export function isolationArgs({ rootImage, sees, randomDevice }: CellRoot, cell: CellMounts): string[] {
  return [
    ...['--unshare-all', '--unshare-user', '--disable-userns', '--die-with-parent', '--new-session'],
    ...['--cap-drop', 'ALL', '--clearenv', '--hostname', 'job', '--uid', '65534', '--gid', '65534'],
    ...(sees ? ownRoot(rootImage, sees) : ['--ro-bind', rootImage, '/']),
    // The only mount without `nodev`. The image has an empty file at this path, because bwrap cannot create a file.
    ...(randomDevice ? ['--dev-bind', RANDOM_DEVICE, RANDOM_DEVICE] : []),
    ...['--size', String(64 * MIB), '--tmpfs', '/tmp'],
    ...['--ro-bind', cell.input, '/in', '--ro-bind', cell.output, '/out'],
    ...writablesOf(cell).flatMap((name) => ['--bind', join(cell.output, name), `/out/${name}`]),
    ...cell.binds.flatMap(({ name, path }) => ['--ro-bind', path, `/in/${name}`]),
    ...['--setenv', 'HOME', '/tmp', '--setenv', 'PATH', '/usr/bin', '--setenv', 'LC_ALL', 'C.UTF-8'],
    // With SVT_LOG=1, SVT-AV1 prints only errors. By default, it prints banners regardless of FFmpeg's log level.
    ...['--setenv', 'SVT_LOG', '1', '--chdir', '/out'],
    // Last, because the other mounts create folders in the root.
    ...(sees ? ['--remount-ro', '/'] : []),
  ];
}

/** Links in the root of every image, which contain the path of the dynamic loader. */
const ROOT_LINKS: readonly string[] = ['lib', 'lib64'];

/** Returns the arguments for a root that contains only these paths of the image. */
function ownRoot(rootImage: string, sees: readonly string[]): string[] {
  const paths = sees.filter((path) => existsSync(join(rootImage, path)));
  const links = ROOT_LINKS.filter((name) => paths.includes(`/usr/${name}`));
  return [
    ...paths.flatMap((path) => ['--ro-bind', join(rootImage, path), path]),
    ...links.flatMap((name) => ['--symlink', `usr/${name}`, `/${name}`]),
  ];
}
