import { statfsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { claimAccounts } from '../cell/account.ts';
import { removeTree } from '../cell/remove-tree.ts';
import { TrimmedBuildError } from './build-error.ts';
import { CompilerCell, compile, giveToAccount, keepPrograms } from './compile.ts';
import { fetchSource, makeRoot, openApt } from './private-root.ts';
import { becomeIdle, Steps } from './steps.ts';

/**
 * Bytes that must be free before a build. Packages, headers and objects need 1 GB until the end of the build, and other files can grow in
 * the meantime.
 */
const NEEDED_BYTES = 5 * 2 ** 30;
/** Free bytes of the disk below which the build stops. */
const RESERVED_BYTES = 2 ** 30;
const DISK_POLL_MS = 5_000;
/** Maximum milliseconds of a build. At idle priority and with pauses while jobs run, 25 minutes of processor time can take hours. */
const DEADLINE_MS = 24 * 3600_000;

export interface BuildControl {
  signal: AbortSignal;
  /** Receives the steps, which the caller can pause. */
  onSteps?: (steps: Steps) => void;
  /** Called at the start of each part of the build. */
  onPart?: (part: string) => void;
  /** Receives the version of the source package, such as `7:7.1.5-0+deb13u1`. */
  onSource?: (version: string) => void;
}

/**
 * Builds FFmpeg from the newest source package of the distribution into `target/bin`. Works in the folder `work`, and removes this folder.
 * Throws `TrimmedBuildError`.
 * @param dataDir see `claimAccounts`
 */
export async function buildTrimmed(
  { dataDir, work, target }: { dataDir: string; work: string; target: string },
  control: BuildControl,
): Promise<void> {
  const { onPart = () => {} } = control;
  await becomeIdle();
  const [apt, root, build] = ['apt', 'root', 'build'].map((name) => join(work, name)) as [string, string, string];
  const accounts = claimAccounts(1, dataDir);
  const watched = watchDisk(dataDir, control.signal);
  try {
    await removeTree(work);
    // The accounts of apt and of the compiler must reach their own files.
    for (const folder of [work, apt, root, build]) await makePassable(folder);
    requireSpace(work);
    const steps = new Steps(watched.signal);
    control.onSteps?.(steps);
    const opened = await openApt(apt);
    const cell = new CompilerCell(steps, { root, build }, accounts.of(0));
    onPart('downloading compilers and headers');
    await makeRoot(steps, opened, apt, root);
    onPart('downloading the source');
    const source = await fetchSource(steps, opened, join(apt, 'source'));
    control.onSource?.(source.version);
    for (const name of await readdir(join(apt, 'source'))) await copyFile(join(apt, 'source', name), join(build, name));
    giveToAccount(build, accounts.of(0));
    onPart(`compiling ${source.version}`);
    await compile(cell, source);
    await keepPrograms({ root, build }, target);
  } catch (error) {
    await rm(target, { recursive: true, force: true });
    throw watched.reason() ?? error;
  } finally {
    watched.end();
    accounts.release();
    await removeTree(work);
  }
}

async function makePassable(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
}

function requireSpace(folder: string): void {
  const free = freeBytes(folder);
  if (free >= NEEDED_BYTES) return;
  const [has, needs] = [free, NEEDED_BYTES].map((bytes) => (bytes / 2 ** 30).toFixed(1));
  throw new TrimmedBuildError('later', `the disk has ${has} GiB free, and the build needs ${needs} GiB`);
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Aborts the build if the disk fills up or the deadline passes. */
function watchDisk(dataDir: string, given: AbortSignal) {
  const own = new AbortController();
  const timers = [
    setInterval(() => {
      if (freeBytes(dataDir) < RESERVED_BYTES)
        own.abort(new TrimmedBuildError('later', 'the disk filled up during the build'));
    }, DISK_POLL_MS).unref(),
    setTimeout(
      () => own.abort(new TrimmedBuildError('later', 'the build was not complete after a day')),
      DEADLINE_MS,
    ).unref(),
  ];
  return {
    signal: AbortSignal.any([given, own.signal]),
    reason: (): unknown => (own.signal.aborted ? own.signal.reason : null),
    end: () => timers.forEach(clearTimeout),
  };
}

/** Name of an abstract socket that exists while a build runs on this machine. The kernel removes the socket with its process. */
const LOCK = '\0airlock-ffmpeg-build';

/** Makes this process the only process of the machine that builds. Resolves to null while another process builds. */
export function lockBuild(): Promise<{ release(): void } | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(null));
    server.listen(LOCK, () => {
      server.unref();
      resolve({ release: () => server.close() });
    });
  });
}
