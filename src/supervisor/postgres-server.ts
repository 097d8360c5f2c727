import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isRunning, markProcess, type ProcessMark } from '../telemetry/process-stat.ts';
import { eachLine, rateLimited, Tail } from './log-lines.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { ensureDatabase, isStarting, listens } from './postgres-connect.ts';
import { POSTGRES_ENVIRONMENT, postgresSettings, settingArguments } from './postgres-settings.ts';
import { socketPath } from './postgres-socket.ts';
import { processesIn, programOf, signal, waitUntil, worksIn } from './process-table.ts';
import type { Secrets } from './secrets.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { Account, ProcessExit, SupervisorLogger } from './types.ts';

/** Milliseconds after which a server that is not ready counts as failed. WAL replay after a crash takes seconds. */
const START_LIMIT_MS = 120_000;
/** Maximum milliseconds between two checks of a starting or stopping server. Short, because everything else waits for the server. */
const LOOK_MS = 15;
const FAST_SHUTDOWN_MS = 30_000;
const IMMEDIATE_SHUTDOWN_MS = 10_000;

export interface RunningServer {
  process: ProcessMark;
  /** The socket's folder that the server recorded. The path may be valid only in another mount namespace. */
  socketFolder: string;
}

/**
 * Finds the live server of `data` by its postmaster.pid. A process counts only if it runs postgres and `data` is its working directory: the
 * pid in a stale file may have been reused, and a zombie serves nothing.
 */
export async function findServer(data: string): Promise<RunningServer | null> {
  let lines: string[];
  try {
    lines = (await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const pid = Number(lines[0]);
  const process = markProcess(pid);
  if (!process || !(await worksIn(pid, data)) || basename((await programOf(pid)) ?? '') !== 'postgres') return null;
  return { process, socketFolder: lines[4] ?? '' };
}

/**
 * Cleans up after a killed server. Its backends usually exit at once. Kills the remaining backends, because no new server may start
 * alongside them. Also removes postmaster.pid, because PostgreSQL would mistake a process that reuses the pid for a live server.
 */
export async function removeRemains(data: string, socketFolder: string): Promise<void> {
  const noneLeft = async () => (await processesIn(data, 'postgres')).length === 0;
  for (const [name, limit] of [
    ['SIGQUIT', 3000],
    ['SIGKILL', 5000],
  ] as const) {
    if (await waitUntil(noneLeft, name === 'SIGQUIT' ? 500 : 0)) break;
    for (const { pid } of await processesIn(data, 'postgres')) signal(pid, name);
    await waitUntil(noneLeft, limit);
  }
  if (!(await noneLeft())) throw new SupervisorError(`Processes of a dead server still use ${data}`, 'Kill them');
  for (const path of [join(data, 'postmaster.pid'), socketPath(socketFolder), `${socketPath(socketFolder)}.lock`]) {
    await rm(path, { force: true });
  }
}

/**
 * Tries a fast shutdown (SIGINT), in which the server writes a checkpoint and leaves nothing to replay. Then tries an immediate shutdown
 * (SIGQUIT), and finally SIGKILL. If `immediate` is aborted, skips to the immediate shutdown, after which the next start replays committed
 * data from WAL.
 */
export async function stopServer(
  server: ProcessMark,
  logger: SupervisorLogger,
  immediate?: AbortSignal,
): Promise<void> {
  const gone = async () => !isRunning(server);
  const hurried = () => immediate?.aborted ?? false;
  for (const [name, limit] of [
    ['SIGINT', FAST_SHUTDOWN_MS],
    ['SIGQUIT', IMMEDIATE_SHUTDOWN_MS],
    ['SIGKILL', IMMEDIATE_SHUTDOWN_MS],
  ] as const) {
    const patient = name === 'SIGINT';
    if (patient && hurried()) continue;
    if (!patient && !hurried()) logger.warn({ pid: server.pid, signal: name }, 'PostgreSQL does not stop; escalating');
    if (!signal(server.pid, name)) return;
    await waitUntil(async () => (await gone()) || (patient && hurried()), limit, LOOK_MS);
    if (await gone()) return;
  }
  throw new SupervisorError(`PostgreSQL (process ${server.pid}) cannot be killed`, 'Check for a hanging disk');
}

export interface StartOptions {
  data: string;
  socketFolder: string;
  binaries: PostgresBinaries;
  account: Account | null;
  secrets: Secrets;
  fresh: boolean;
  logger: SupervisorLogger;
  immediate?: AbortSignal | undefined;
  connections?: number | undefined;
  isTemporary?: boolean;
}

export interface StartedServer {
  child: ChildProcess;
  process: ProcessMark;
  /** Resolves when the server exits, for any reason. */
  exited: Promise<ProcessExit>;
}

/** Starts a server in a separate session, out of reach of Ctrl-C, and waits until the application can connect. */
export async function startServer(options: StartOptions): Promise<StartedServer> {
  const { data, socketFolder, binaries, account, logger } = options;
  const settings = postgresSettings(socketFolder, options.connections);
  const args = ['-D', data, ...settingArguments({ ...settings, ...(options.isTemporary && { fsync: 'off' }) })];
  const child = spawn(join(binaries.binDir, 'postgres'), args, {
    cwd: '/',
    env: POSTGRES_ENVIRONMENT,
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    ...(account && { uid: account.uid, gid: account.gid }),
  });
  const tail = new Tail();
  eachLine(child.stderr, logTo(logger, tail));
  let ended: ProcessExit | null = null;
  const exited = new Promise<ProcessExit>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, name) => {
      ended = { code, signal: name };
      resolve(ended);
    });
  });
  exited.catch(() => undefined);
  try {
    await Promise.race([waitReady(options, () => ended !== null), exited]);
  } catch (error) {
    if (child.pid && !ended) signal(child.pid, 'SIGQUIT');
    await waitUntil(async () => ended !== null || !child.pid, IMMEDIATE_SHUTDOWN_MS);
    throw error;
  }
  const process = child.pid && !ended ? markProcess(child.pid) : null;
  if (!process) {
    // Wait for the last output of the server, unless the pipe is already closed.
    if (!child.stderr.closed) await new Promise((resolve) => child.stderr.once('close', resolve));
    throw new SupervisorError(`PostgreSQL did not start: ${tail.text()}`, remedyOf(tail.text()));
  }
  return { child, process, exited };
}

function remedyOf(lastOutput: string): string {
  return lastOutput.includes('No space left on device')
    ? 'The disk is full: free a few MiB outside Airlock, and start again'
    : 'See the lines above for the cause';
}

async function waitReady(options: StartOptions, ended: () => boolean): Promise<void> {
  let last: unknown = null;
  const ready = await waitUntil(
    async () => {
      if (ended()) return true;
      options.immediate?.throwIfAborted();
      if (!(await listens(options.socketFolder))) return false;
      try {
        await ensureDatabase(options.socketFolder, options.secrets, options.fresh);
        return true;
      } catch (error) {
        if (!isStarting(error)) throw error;
        last = error;
        return false;
      }
    },
    START_LIMIT_MS,
    LOOK_MS,
  );
  if (!ready) {
    throw new SupervisorError(
      `PostgreSQL accepts no connections after ${START_LIMIT_MS / 1000} s`,
      'See its lines in the log; a slow disk may need longer for crash recovery: start again',
      { cause: last },
    );
  }
}

/**
 * Returns a function that logs a line of PostgreSQL, with a level for its severity. FATAL ends only one connection, often on request, so
 * its level is `info`.
 */
function logTo(logger: SupervisorLogger, tail: Tail): (line: string) => void {
  const limited = rateLimited(50, 10_000, (count) => logger.warn({ count }, 'skipped lines of PostgreSQL'));
  return (line) => {
    tail.push(line);
    limited(() => {
      const [, severity, text] = /^([A-Z]+\d?):\s+(.*)$/.exec(line) ?? [null, 'LOG', line];
      const fields = { process: 'postgres' };
      if (severity === 'PANIC') logger.error(fields, text!);
      else if (severity === 'WARNING' || severity === 'ERROR') logger.warn(fields, text!);
      else if (severity === 'FATAL') logger.info(fields, text!);
      else logger.debug(fields, text!);
    });
  };
}
