import { chownSync, constants, readdirSync } from 'node:fs';
import { type FileHandle, mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { CellAccount } from '../cell/account.ts';
import { findProgram } from '../host/commands.ts';
import { TrimmedBuildError } from './build-error.ts';
import { configureArgs } from './recipe.ts';
import type { Steps } from './steps.ts';

/** Path of the build in the cell. It is the same for each build, because `configure` writes its own command line into the program. */
const INSIDE = '/build';
const PROGRAMS = ['ffmpeg', 'ffprobe'] as const;
const MAX_PROGRAM_BYTES = 200 * 2 ** 20;

/** Limits of each process of the build: address space, CPU time, and size of a file. */
const LIMITS = [`--as=${6 * 2 ** 30}`, `--cpu=${2 * 3600}`, `--fsize=${2 * 2 ** 30}`, '--core=0'];

/** Folders of a build. */
export interface BuildFolders {
  /** Contains compilers and headers. The build can only read this folder. */
  root: string;
  /** The only folder that the build can write to. */
  build: string;
}

/** A cell for the compiler, without network, without capabilities, and without access to other processes or other files of the machine. */
export class CompilerCell {
  readonly #steps: Steps;
  readonly #folders: BuildFolders;
  readonly #account: CellAccount | null;
  readonly #tools: { bwrap: string; prlimit: string };

  constructor(steps: Steps, folders: BuildFolders, account: CellAccount | null) {
    const [bwrap, prlimit] = ['bwrap', 'prlimit'].map((name) => findProgram(name));
    if (!bwrap || !prlimit) throw new TrimmedBuildError('impossible', 'bubblewrap is missing');
    this.#steps = steps;
    this.#folders = folders;
    this.#account = account;
    this.#tools = { bwrap, prlimit };
  }

  /** Runs a program of the root. `folder` is relative to the folder of the build. Resolves to the standard output. */
  run(what: string, folder: string, command: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { root, build } = this.#folders;
    const args = [
      ...LIMITS,
      this.#tools.bwrap,
      ...[
        '--unshare-all',
        '--unshare-user',
        '--disable-userns',
        '--die-with-parent',
        '--cap-drop',
        'ALL',
        '--clearenv',
      ],
      ...['--hostname', 'build', '--uid', '65534', '--gid', '65534', '--ro-bind', root, '/', '--proc', '/proc'],
      ...['--dev', '/dev', '--tmpfs', '/tmp', '--bind', build, INSIDE, '--chdir', join(INSIDE, folder)],
      ...Object.entries({ ...ENVIRONMENT, ...env }).flatMap(([name, value]) => ['--setenv', name, value]),
      ...['--', ...command],
    ];
    const { prlimit } = this.#tools;
    return this.#steps.run({ what, program: prlimit, args, account: this.#account, onFailure: 'rejected' });
  }
}

const ENVIRONMENT = { PATH: '/usr/bin', HOME: '/tmp', LC_ALL: 'C', TZ: 'UTC' };

/** Compiles ffmpeg and ffprobe in the folder of the build, which contains the source package. */
export async function compile(cell: CompilerCell, { dsc, version }: { dsc: string; version: string }): Promise<void> {
  await cell.run('unpack the source', '', ['dpkg-source', '--no-check', '--extract', dsc, 'ffmpeg']);
  const changelog = ['dpkg-parsechangelog', '-l', 'debian/changelog', '-S', 'Timestamp'];
  const date = (await cell.run('read the date of the source', 'ffmpeg', changelog)).trim();
  // The date of the package is used instead of today's date, so that the same source gives the same program.
  const env = { SOURCE_DATE_EPOCH: /^\d{1,12}$/.test(date) ? date : '0' };
  const configure = ['/bin/sh', './configure', ...configureArgs(version, join(INSIDE, 'ffmpeg'), process.arch)];
  await cell.run('configure FFmpeg', 'ffmpeg', configure, env);
  // One compiler at a time leaves the other processors to jobs.
  await cell.run('compile FFmpeg', 'ffmpeg', ['make', '-j1', ...PROGRAMS], env);
  await cell.run('strip FFmpeg', 'ffmpeg', ['strip', ...PROGRAMS]);
}

/** Gives the folder of the build and its files to the account that compiles. */
export function giveToAccount(build: string, account: CellAccount | null): void {
  if (!account) return;
  for (const path of [build, ...readdirSync(build).map((name) => join(build, name))])
    chownSync(path, account.uid, account.gid);
}

/** Copies the programs to `target/bin`. `target` appears only when it is complete. */
export async function keepPrograms({ build }: BuildFolders, target: string): Promise<void> {
  const staged = `${target}.new`;
  await rm(staged, { recursive: true, force: true });
  await rm(target, { recursive: true, force: true });
  await mkdir(join(staged, 'bin'), { recursive: true, mode: 0o755 });
  for (const name of PROGRAMS) {
    const made = await openMade(build, name);
    const copy = await open(join(staged, 'bin', name), 'wx', 0o755);
    try {
      await copyBytes(made, copy);
      // The mode is independent of the umask.
      await copy.chmod(0o755);
      await copy.sync();
    } finally {
      await Promise.all([made.close(), copy.close()]);
    }
  }
  await rename(staged, target);
}

async function copyBytes(from: FileHandle, to: FileHandle): Promise<void> {
  const chunk = Buffer.allocUnsafe(4 * 2 ** 20);
  for (;;) {
    const { bytesRead } = await from.read(chunk);
    if (bytesRead === 0) return;
    await to.writeFile(chunk.subarray(0, bytesRead));
  }
}

/**
 * Opens a program that the build has made. Throws unless it is a plain file of an allowed size, because a hostile build may leave a link, a
 * device, or no file.
 */
async function openMade(build: string, name: string): Promise<FileHandle> {
  const nothing = new TrimmedBuildError('rejected', `the build did not produce ${name}`);
  const folder = join(await realpath(build), 'ffmpeg');
  if ((await realpath(folder).catch(() => null)) !== folder) throw nothing;
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(join(folder, name), flags).catch(() => {
    throw nothing;
  });
  const stats = await file.stat();
  if (stats.isFile() && stats.size > 0 && stats.size <= MAX_PROGRAM_BYTES) return file;
  await file.close();
  throw nothing;
}
