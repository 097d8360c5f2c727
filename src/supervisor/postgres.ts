import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isRunning, type ProcessMark } from '../telemetry/process-stat.ts';
import { isRoot, serviceAccount } from './account.ts';
import { keepBallast, releaseBallast } from './ballast.ts';
import { copyTemplate, type TemplateUse } from './cluster-template.ts';
import { prepareDataDir } from './data-dir.ts';
import { type FileLock, lockFile, requireLock, withLock } from './file-lock.ts';
import { findPostgres } from './postgres-binaries.ts';
import { ensureCluster } from './postgres-cluster.ts';
import { embeddedUrl, ensureDatabase, listens } from './postgres-connect.ts';
import { findServer, type RunningServer, removeRemains, startServer, stopServer } from './postgres-server.ts';
import { socketFolderFor } from './postgres-socket.ts';
import { loadSecrets, type Secrets } from './secrets.ts';
import { makeSocketFolder, removeSocketFolder } from './socket-folder.ts';
import { SupervisorError } from './supervisor-error.ts';
import { makeDurable, openMarked } from './temporary-cluster.ts';
import type { ProcessExit, SupervisorLogger } from './types.ts';

export interface EmbeddedPostgres {
  /** URL for `pg` and libpq with the owner role. Contains a password, so never log it. The URL stays the same across restarts. */
  url: string;
  /** Folder of the Unix socket. There is no TCP port. */
  socketDir: string;
  /** Whether this call started the server. False if it joined a server that other live processes use. */
  owned: boolean;
  pid: number;
  /** Resolves when a new database is on the disk. Until then, a power failure can destroy it, so store nothing that a client relies on. */
  durable: Promise<void>;
  /** Stops using the server. The last user shuts the server down. May be called more than once. */
  stop(): Promise<void>;
  /**
   * Calls `callback` once when the server exits without `stop()`. Both fields of `exit` are null if the server is not a child of this
   * process.
   */
  onExit(callback: (exit: ProcessExit) => void): void;
}

export interface PostgresOptions {
  dataDir: string;
  logger: SupervisorLogger;
  /** Once aborted, `stop()` shuts the server down immediately, without a checkpoint. */
  immediate?: AbortSignal;
  /** Maximum number of concurrent connections. By default, enough for one service. */
  connections?: number;
  /** The prepared cluster that a first start copies. By default, and if the prepared cluster cannot be used, initdb creates a cluster. */
  template?: TemplateUse | null;
  /** Whether the caller removes the data directory after this use. A new cluster is then not flushed to the disk. */
  isTemporary?: boolean;
}

/**
 * Milliseconds to wait for `open.lock`. Longer than a start with crash recovery takes, because another process may be recovering the
 * server.
 */
const OPEN_WAIT_MS = 180_000;
const OBSERVE_MS = 250;

/**
 * Opens the embedded PostgreSQL of `dataDir`. Creates the cluster the first time, then starts the server or joins a running server. At most
 * one server runs, regardless of how many processes call this concurrently and how earlier processes died: each user has a shared flock on
 * `users.lock`, which the kernel releases when the user dies. A server without a live user is an orphan, whose supervisor was killed. It is
 * restarted, so that it is supervised again.
 * @throws ConfigError for an unusable data directory, and SupervisorError for other errors, each with its remedy
 */
export async function openEmbeddedPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await prepareDataDir(options.dataDir, { hasDatabase: true });
  const home = join(dataDir, 'postgres');
  await mkdir(home, { recursive: true });
  await chmod(home, isRoot() ? 0o711 : 0o700);
  const secrets = await loadSecrets(dataDir);
  const lock = await requireLock(join(home, 'open.lock'), OPEN_WAIT_MS);
  try {
    const opened = await openAsUser({ ...options, home, secrets });
    // Other processes can join the server only after a new database is on the disk.
    void opened.durable.catch(() => undefined).then(lock.release);
    return opened;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Registers as a user of the server, and opens the server. Requires `open.lock`. */
async function openAsUser(options: Omit<Opening, 'users'>): Promise<EmbeddedPostgres> {
  const { home } = options;
  const alone = await lockFile(join(home, 'users.lock'), 'exclusive', 0);
  const users = alone ?? (await lockFile(join(home, 'users.lock'), 'shared', 1000));
  if (!users)
    throw new SupervisorError(`${home}/users.lock is locked by another process`, 'Stop the process that has the lock');
  try {
    // No other process can take an exclusive `users.lock` in the meantime, because that requires `open.lock`.
    const shared = alone ? users.convert('shared') : Promise.resolve(true);
    const [opened, isShared] = await Promise.all([openLocked({ ...options, users }, alone !== null), shared]);
    if (!isShared) throw new Error('cannot convert an exclusive lock to a shared one');
    return opened;
  } catch (error) {
    await users.release();
    throw error;
  }
}

/** The resources that a handle of the server needs from its caller. */
interface Opening extends PostgresOptions {
  home: string;
  secrets: Secrets;
  users: FileLock;
}

async function openLocked(opening: Opening, alone: boolean): Promise<EmbeddedPostgres> {
  const { home, secrets, logger, immediate, connections } = opening;
  const account = await serviceAccount();
  const binaries = await findPostgres(home);
  const socketFolder = socketFolderFor(home, process.getuid!());
  const running = await findServer(join(home, 'data'));
  if (running && !alone) return joinRunning(opening, running, socketFolder);
  if (running) {
    logger.warn({ pid: running.process.pid }, 'found a PostgreSQL server whose supervisor was killed; restarting it');
    await stopServer(running.process, logger, immediate);
  }
  await makeSocketFolder(socketFolder, account);
  await removeRemains(join(home, 'data'), socketFolder);
  const use = { home, account, logger };
  const { isNew, isTemporary } = await openMarked(use, opening.isTemporary ?? false);
  const copied = { binaries, account, secrets };
  const copy = (folder: string) => copyTemplate(opening.template ?? null, folder, copied, logger);
  const { data, fresh } = await ensureCluster(home, binaries, account, secrets.postgresAdminPassword, copy);
  // The server starts while the files of a new cluster are written to the disk.
  const durable = isTemporary ? Promise.resolve() : makeDurable(use);
  durable.catch(() => undefined);
  if (!isNew) await durable;
  if (await releaseBallast(home)) {
    logger.warn({}, 'the disk is full: the space reserved for starting has been released; free some space');
  }
  immediate?.throwIfAborted();
  const starting = startServer({
    data,
    socketFolder,
    binaries,
    account,
    secrets,
    fresh,
    logger,
    immediate,
    connections,
    isTemporary,
  });
  // If the server does not start, wait for the flush, so that nothing writes to the folder after the error.
  const started = await starting.catch((error) => durable.then(() => Promise.reject(error)));
  logger.info({ pid: started.process.pid, origin: binaries.origin }, 'PostgreSQL is ready');
  const handle = makeHandle(opening, { server: started.process, socketFolder, owned: true });
  void started.exited.then(handle.ended);
  const ballast = keepBallast(home);
  return {
    ...handle.opened,
    durable,
    stop: async () => {
      await ballast.stop();
      await handle.opened.stop();
      // Other processes may still use the server, so neither its pipe nor its exit may keep this process alive.
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
  { home, secrets, users, logger, immediate }: Opening,
  found: { server: ProcessMark; socketFolder: string; owned: boolean },
): { opened: EmbeddedPostgres; ended: (exit: ProcessExit) => void } {
  const { server, socketFolder, owned } = found;
  const callbacks: ((exit: ProcessExit) => void)[] = [];
  let exit: ProcessExit | null = null;
  let stopping: Promise<void> | null = null;
  const leave = async () => {
    await withLock(join(home, 'open.lock'), OPEN_WAIT_MS, async () => {
      const last = await users.convert('exclusive');
      if (last && !exit && isRunning(server)) await stopServer(server, logger, immediate);
      if (last) await removeSocketFolder(home, socketFolder);
      await users.release();
    });
  };
  const opened: EmbeddedPostgres = {
    url: embeddedUrl(socketFolder, secrets, 'owner'),
    socketDir: socketFolder,
    owned,
    pid: server.pid,
    durable: Promise.resolve(),
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
