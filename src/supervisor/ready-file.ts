import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, markProcess } from '../ids/process-stat.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { writeAtomically } from './secrets.ts';
import { SupervisorError } from './supervisor-error.ts';

/** Content of `<dataDir>/ready.json`: where the running service listens. */
export interface ReadyInfo {
  api: string;
  storage: string;
  metrics: string;
  pid: number;
}

/** The right to run `up` on a data directory; one process at a time. */
export interface Instance {
  /** Announces the service: `ready.json` appears whole, after it really serves. */
  announce(info: Omit<ReadyInfo, 'pid'>): Promise<void>;
  /** Takes `ready.json` back; call it as the first step of stopping. */
  withdraw(): Promise<void>;
  /** Withdraws and lets another `up` in. */
  release(): Promise<void>;
}

/**
 * Claims `dataDir` for this process. The kernel drops the claim with the process, so one that was killed leaves
 * nothing to clean up by hand; its stale `ready.json` is removed here.
 *
 * @throws SupervisorError that names the process that runs already
 */
export async function claimInstance(dataDir: string): Promise<Instance> {
  const lockPath = join(dataDir, 'up.lock');
  const readyPath = join(dataDir, 'ready.json');
  const lock = await lockFile(lockPath, 'exclusive', 0);
  if (!lock) {
    const holder = await readHolder(lockPath);
    throw new SupervisorError(
      `Airlock runs already on ${process.env.AIRLOCK_SHOWN_DATA_DIR || dataDir}${holder ? ` (process ${holder.pid})` : ''}`,
      'Use it, stop it first, or set AIRLOCK_DATA_DIR to another directory',
    );
  }
  await rm(readyPath, { force: true });
  await writeHolder(lock);
  const withdraw = () => rm(readyPath, { force: true });
  return {
    announce: (info) => writeAtomically(readyPath, `${JSON.stringify({ ...info, pid: process.pid })}\n`, 0o644),
    withdraw,
    release: async () => {
      await withdraw();
      await lock.release();
    },
  };
}

/**
 * Where the service of `dataDir` listens; null when none is ready. A file left by a killed service does not count:
 * its process must live and be the very one that wrote it, by its start time.
 */
export async function readReadyFile(dataDir: string): Promise<ReadyInfo | null> {
  let info: ReadyInfo;
  try {
    info = JSON.parse(await readFile(join(dataDir, 'ready.json'), 'utf8')) as ReadyInfo;
  } catch {
    return null;
  }
  const holder = await readHolder(join(dataDir, 'up.lock'));
  return holder && holder.pid === info.pid && isRunning(holder) ? info : null;
}

async function writeHolder(lock: FileLock): Promise<void> {
  const self = markProcess(process.pid);
  await lock.file.truncate(0);
  await lock.file.write(`${process.pid} ${self?.startTicks ?? ''}\n`);
}

async function readHolder(path: string): Promise<{ pid: number; startTicks: string } | null> {
  const match = /^(\d+) (\d+)\n$/.exec(await readFile(path, 'utf8').catch(() => ''));
  return match ? { pid: Number(match[1]), startTicks: match[2]! } : null;
}
