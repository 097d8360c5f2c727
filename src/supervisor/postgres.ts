import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, type ProcessMark } from '../ids/process-stat.ts';
import { isRoot, serviceAccount } from './account.ts';
import { keepBallast } from './ballast.ts';
import { prepareDataDir } from './data-dir.ts';
import { type FileLock, lockFile, withLock } from './file-lock.ts';
import { findPostgres } from './postgres-binaries.ts';
import { ensureCluster } from './postgres-cluster.ts';
import { embeddedUrl, ensureDatabase, listens } from './postgres-connect.ts';
import { clearRemains, findServer, type RunningServer, startServer, stopServer } from './postgres-server.ts';
import { socketFolderFor } from './postgres-socket.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { makeSocketFolder, removeSocketFolder } from './socket-folder.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { ProcessExit, SupervisorLogger } from './types.ts';

export interface EmbeddedPostgres {
  /** The owner's, for `pg` and libpq; holds a password, so it is never logged. Stays the same over restarts. */
  url: string;
  /** Folder of the Unix socket; there is no TCP port. */
  socketDir: string;
  /** True when this call started the server; false when it joined one that other live processes use. */
  owned: boolean;
  pid: number;
  /** Leaves the server; the last of its users to leave shuts it down. May be called twice. */
  stop(): Promise<void>;
  /** Called once when the server ends without `stop()`; `{null, null}` when the server is not our child. */
  onExit(callback: (exit: ProcessExit) => void): void;
}

export interface PostgresOptions {
  dataDir: string;
  logger: SupervisorLogger;
  /** When it is aborted there is no time for a checkpoint: `stop()` ends the server by an immediate shutdown. */
  atOnce?: AbortSignal;
}

/** Longer than a start after a crash may take: the one before us may be busy with it. */
const OPEN_WAIT_MS = 180_000;
const OBSERVE_MS = 250;

/**
 * Opens the embedded PostgreSQL of `dataDir`: makes the cluster the first time, starts the server, or joins the one
 * that runs. However many processes call this at once, and however their predecessors died, one server runs:
 * each user holds a shared flock on `users.lock`, which the kernel drops with its holder. Who finds a server but no
 * living user has found an orphan (its supervisor was killed) and restarts it, so that it is observed again.
 *
 * @throws ConfigError for an unusable data directory, SupervisorError for all else, each with its remedy
 */
export async function openEmbeddedPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await prepareDataDir(options.dataDir);
  const home = join(dataDir, 'postgres');
  await mkdir(home, { recursive: true });
  await chmod(home, isRoot() ? 0o711 : 0o700);
  const secrets = await loadSecrets(dataDir);
  return withLock(join(home, 'open.lock'), OPEN_WAIT_MS, async () => {
    const alone = await lockFile(join(home, 'users.lock'), 'exclusive', 0);
    const users = alone ?? (await lockFile(join(home, 'users.lock'), 'shared', 1000));
    if (!users)
      throw new SupervisorError(`${home}/users.lock is held by another process`, 'End the process that holds it');
    try {
      const opened = await openLocked({ ...options, home, secrets, users }, alone !== null);
      if (alone && !(await users.convert('shared'))) throw new Error('a lock could not be shared');
      return opened;
    } catch (error) {
      await users.release();
      throw error;
    }
  });
}

/** What a handle on the server needs from its caller. */
interface Opening extends PostgresOptions {
  home: string;
  secrets: Secrets;
  users: FileLock;
}

async function openLocked(opening: Opening, alone: boolean): Promise<EmbeddedPostgres> {
  const { home, secrets, logger, atOnce } = opening;
  const account = await serviceAccount();
  const binaries = await findPostgres(home);
  const { data, fresh } = await ensureCluster(home, binaries, account, secrets.postgresAdminPassword);
  const socketFolder = socketFolderFor(home, process.getuid!());
  const running = await findServer(data);
  if (running && !alone) return joinRunning(opening, running, socketFolder);
  if (running) {
    logger.warn({ pid: running.process.pid }, 'found a PostgreSQL whose supervisor was killed; restarting it');
    await stopServer(running.process, logger, atOnce);
  }
  await makeSocketFolder(socketFolder, account);
  await clearRemains(data, socketFolder);
  if ((await keepBallast(home)) === 'released') {
    logger.warn({}, 'the disk is full: the space kept for starting was given back; free some');
  }
  atOnce?.throwIfAborted();
  const started = await startServer({ data, socketFolder, binaries, account, secrets, fresh, logger, atOnce });
  logger.info({ pid: started.process.pid, origin: binaries.origin }, 'PostgreSQL is ready');
  const handle = makeHandle(opening, { server: started.process, socketFolder, owned: true });
  void started.exited.then(handle.ended);
  return {
    ...handle.opened,
    stop: async () => {
      await handle.opened.stop();
      // Other processes may still use it, so neither its pipe nor its exit may keep this process alive.
      started.child.stderr?.destroy();
      started.child.unref();
    },
  };
}

async function joinRunning(opening: Opening, running: RunningServer, ours: string): Promise<EmbeddedPostgres> {
  const socketFolder = (await listens(ours)) ? ours : running.socketFolder;
  await ensureDatabase(socketFolder, opening.secrets);
  const handle = makeHandle(opening, { server: running.process, socketFolder, owned: false });
  const timer = setInterval(async () => {
    if (isRunning(running.process)) return;
    clearInterval(timer);
    handle.ended({ code: null, signal: null });
  }, OBSERVE_MS);
  timer.unref();
  return {
    ...handle.opened,
    stop: async () => {
      clearInterval(timer);
      await handle.opened.stop();
    },
  };
}

function makeHandle(
  { home, secrets, users, logger, atOnce }: Opening,
  found: { server: ProcessMark; socketFolder: string; owned: boolean },
): { opened: EmbeddedPostgres; ended: (exit: ProcessExit) => void } {
  const { server, socketFolder, owned } = found;
  const callbacks: ((exit: ProcessExit) => void)[] = [];
  let exit: ProcessExit | null = null;
  let stopping: Promise<void> | null = null;
  const leave = async () => {
    await withLock(join(home, 'open.lock'), OPEN_WAIT_MS, async () => {
      const last = await users.convert('exclusive');
      if (last && !exit && isRunning(server)) await stopServer(server, logger, atOnce);
      if (last) await removeSocketFolder(home, socketFolder);
      await users.release();
    });
  };
  const opened: EmbeddedPostgres = {
    url: embeddedUrl(socketFolder, secrets, 'owner'),
    socketDir: socketFolder,
    owned,
    pid: server.pid,
    stop: () => {
      stopping ??= leave();
      return stopping;
    },
    onExit: (callback) => {
      if (exit && !stopping) callback(exit);
      else callbacks.push(callback);
    },
  };
  const ended = (how: ProcessExit) => {
    if (exit) return;
    exit = how;
    if (!stopping) for (const callback of callbacks) callback(how);
  };
  return { opened, ended };
}
