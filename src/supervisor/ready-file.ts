import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, markProcess } from '../telemetry/process-stat.ts';
import { type FileLock, lockFile } from './file-lock.ts';
import { writeAtomically } from './secrets.ts';
import { SupervisorError } from './supervisor-error.ts';

/** Content of `<dataDir>/ready.json`: the addresses of the running service. */
export interface ReadyInfo {
  api: string;
  storage: string;
  metrics: string;
  pid: number;
}

/** The exclusive claim to run `up` in a data directory. */
export interface Instance {
  /** Writes `ready.json` atomically. Call this once the service accepts requests. */
  announce(info: Omit<ReadyInfo, 'pid'>): Promise<void>;
  /** Removes `ready.json`. Call this as the first step of stopping. */
  withdraw(): Promise<void>;
  /** Removes `ready.json`, and lets another process claim the directory. */
  release(): Promise<void>;
}

/**
 * Claims `dataDir` for this process. The kernel releases the claim when the process dies, so no manual cleanup is needed after a kill.
 * Removes the stale `ready.json` of a killed process.
 * @throws SupervisorError that names the process with the claim
 */
export async function claimInstance(dataDir: string): Promise<Instance> {
  const lockPath = join(dataDir, 'up.lock');
  const readyPath = join(dataDir, 'ready.json');
  const lock = await lockFile(lockPath, 'exclusive', 0);
  if (!lock) {
    const owner = await readOwner(lockPath);
    throw new SupervisorError(
      `Airlock already runs in ${process.env.AIRLOCK_SHOWN_DATA_DIR || dataDir}${owner ? ` (process ${owner.pid})` : ''}`,
      'Use it, stop it first, or set AIRLOCK_DATA_DIR to another directory',
    );
  }
  await rm(readyPath, { force: true });
  await writeOwner(lock);
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
 * Returns the addresses of the service of `dataDir`, or null if no service is ready. Ignores the file of a killed service: the process that
 * wrote the file must be alive, identified by its pid and start time.
 */
export async function readReadyFile(dataDir: string): Promise<ReadyInfo | null> {
  let info: ReadyInfo;
  try {
    info = JSON.parse(await readFile(join(dataDir, 'ready.json'), 'utf8')) as ReadyInfo;
  } catch {
    return null;
  }
  const owner = await readOwner(join(dataDir, 'up.lock'));
  return owner && owner.pid === info.pid && isRunning(owner) ? info : null;
}

async function writeOwner(lock: FileLock): Promise<void> {
  const self = markProcess(process.pid);
  await lock.file.truncate(0);
  await lock.file.write(`${process.pid} ${self?.startTicks ?? ''}\n`);
}

async function readOwner(path: string): Promise<{ pid: number; startTicks: string } | null> {
  const match = /^(\d+) (\d+)\n$/.exec(await readFile(path, 'utf8').catch(() => ''));
  return match ? { pid: Number(match[1]), startTicks: match[2]! } : null;
}
