import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyTemplate, makeDataDir, removeDataDir } from './data-directory.ts';
import { programArgs } from './program.ts';
import { run } from './run.ts';
import { until } from './until.ts';

export interface TestService {
  api: string;
  storage: string;
  metrics: string;
  /** Process id of the supervisor. */
  pid: number;
  dataDir: string;
  /** Variables of a storage other than the embedded storage. */
  storageVariables: Record<string, string>;
  /** A key of the account `default` with every scope. */
  key: string;
  /** Returns the output of the service so far. */
  output(): string;
  /** Sends a request with the key, and serializes JSON bodies. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  /** Runs a command of the CLI against the same data directory. */
  cli(...args: string[]): Promise<{ stdout: string; stderr: string; code: number }>;
  makeKey(...args: string[]): Promise<{ id: string; key: string }>;
  /** Returns the process ids of the children with a role (`api`, `gateway`, `worker`, `postgres`). */
  pids(role: string): number[];
  /** Returns the exit code; null while the service runs, or if a signal ended it. */
  exitCode(): number | null;
  /** Sends SIGTERM and waits for the exit. Keeps the data directory. */
  stop(): Promise<void>;
  /** Stops the service and removes its data directory. */
  remove(): Promise<void>;
}

export interface ApiResponse {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: responses are read field by field
  json: any;
}

/**
 * Starts `airlock up` as a user does: the build, real PostgreSQL, gateway, API and worker on free ports.
 * @param options.dataDir an existing directory. A first start creates the database, the secrets and the first key in it.
 *   Default: a copy of a prepared directory
 * @param options.onDisk the data directory contains the database itself, and no link to it
 * @param options.log a file that receives the output too
 */
export async function startService(
  env: Record<string, string> = {},
  options: { dataDir?: string; onDisk?: boolean; log?: string } = {},
): Promise<TestService> {
  const { dataDir, key: copied } = await findDataDir(options);
  const environment = environmentOf(dataDir, { ...(await storageVariables(dataDir)), ...env });
  const args = programArgs(['up']);
  const child = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines: string[] = [];
  const keep = (chunk: unknown) => {
    lines.push(String(chunk));
    if (options.log) appendFileSync(options.log, String(chunk));
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const output = () => lines.join('');
  const ready = await until(
    async () => {
      if (child.exitCode !== null)
        throw new Error(`airlock up exited with ${child.exitCode}:\n${output().slice(-4000)}`);
      // A killed predecessor leaves its own file.
      const found = JSON.parse(await readFile(join(dataDir, 'ready.json'), 'utf8').catch(() => 'null'));
      return found?.pid === child.pid ? found : null;
    },
    { what: 'ready.json', timeoutMs: 60_000 },
  );
  const cli = (...args: string[]) => runCli(args, environment);
  const makeKey = (...args: string[]) => makeTestKey(environment, args);
  // A prepared directory contains a database with this key, but the database of an operator does not contain it.
  const key = copied && !environment.AIRLOCK_DATABASE_URL ? copied : (await makeKey()).key;
  const stop = () => endProcess(child);
  return {
    ...ready,
    dataDir,
    storageVariables: storageOf(environment),
    key,
    output,
    cli,
    makeKey,
    call: (method, path, body, headers) => call(`${ready.api}${path}`, method, key, body, headers),
    pids: (role) => childrenOf(child.pid!, role),
    exitCode: () => child.exitCode,
    stop,
    async remove() {
      await stop();
      await removeDataDir(dataDir);
    },
  };
}

/**
 * Returns the service that test files share in this run if they need no special settings and leave the service unchanged. Each file gets
 * its own account, and jobs of other files run concurrently. The service runs until the end of the run, so `remove` does not stop it.
 */
export async function shareService(): Promise<TestService & { account: string }> {
  const shared = await findShared();
  const environment = environmentOf(shared.dataDir, await storageVariables(shared.dataDir));
  const cli = (...args: string[]) => runCli(args, environment);
  const account = `shared-${randomBytes(6).toString('hex')}`;
  const makeKey = (...args: string[]) =>
    makeTestKey(environment, args.includes('--account') ? args : ['--account', account, ...args]);
  const { key } = await makeKey();
  const reject = () => Promise.reject(new Error('cannot stop a service that other test files use'));
  return {
    ...shared,
    storageVariables: storageOf(environment),
    account,
    key,
    cli,
    makeKey,
    output: () => readFileSync(shared.log, 'utf8'),
    call: (method, path, body, headers) => call(`${shared.api}${path}`, method, key, body, headers),
    pids: (role) => childrenOf(shared.pid, role),
    exitCode: () => null,
    stop: reject,
    remove: async () => {},
  };
}

function environmentOf(dataDir: string, env: Record<string, string>): NodeJS.ProcessEnv {
  return {
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '1048576',
    ...process.env,
    // Reading these certificates would take 28 ms in each Node.js process. The service under test connects only to loopback.
    NODE_EXTRA_CA_CERTS: undefined,
    AIRLOCK_DATA_DIR: dataDir,
    AIRLOCK_PORT: '0',
    AIRLOCK_STORAGE_PORT: '0',
    AIRLOCK_METRICS_PORT: '0',
    AIRLOCK_RATE_LIMIT: '100000',
    // A build would use processor time that tests and measurements need.
    AIRLOCK_FFMPEG_BUILD: 'off',
    ...env,
  };
}

/**
 * Creates a bucket for each service if `./airlock test --storage` names another storage than the embedded storage. Returns its variables.
 */
async function storageVariables(dataDir: string): Promise<Record<string, string>> {
  const url = process.env.TEST_SHARING_URL;
  if (!process.env.TEST_STORAGE || !url) return {};
  return askSharing(`${url}/storage`, { method: 'POST', body: dataDir });
}

function storageOf(env: NodeJS.ProcessEnv): Record<string, string> {
  if (!env.AIRLOCK_STORAGE_URL) return {};
  const names = ['AIRLOCK_STORAGE_URL', 'AIRLOCK_STORAGE_PUBLIC_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];
  return Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])));
}

/** Returns the addresses of the shared service, from `sharing.ts`. */
async function findShared(): Promise<
  Pick<TestService, 'api' | 'storage' | 'metrics' | 'pid' | 'dataDir'> & { log: string }
> {
  const url = process.env.TEST_SHARING_URL;
  if (!url) throw new Error('There is no shared service: run these tests with Vitest');
  return askSharing(`${url}/service`);
}

/**
 * Returns the path of the data directory, and its key if the directory is a copy. Outside the test suite, there is no directory to copy.
 */
async function findDataDir(options: {
  dataDir?: string;
  onDisk?: boolean;
}): Promise<{ dataDir: string; key?: string }> {
  if (options.dataDir) return { dataDir: options.dataDir };
  if (!process.env.TEST_SHARING_URL) return { dataDir: await makeDataDir() };
  return copyPreparedDataDir(undefined, options.onDisk);
}

/** Copies a prepared data directory, for a test that starts the service itself. `key` has every scope. */
export async function copyPreparedDataDir(path?: string, onDisk = false): Promise<{ dataDir: string; key: string }> {
  const { template, key } = await askSharing<{ template: string; key: string }>(
    `${process.env.TEST_SHARING_URL}/template`,
  );
  return { dataDir: await copyTemplate(template, path, onDisk), key };
}

/**
 * Creates a key like `keys create`, with the same arguments. In the test suite, the sharing process writes the key to the database, which
 * takes a tenth of the time.
 */
async function makeTestKey(env: NodeJS.ProcessEnv, args: string[]): Promise<{ id: string; key: string }> {
  if (process.env.TEST_SHARING_URL) {
    const { AIRLOCK_DATA_DIR, AIRLOCK_DATABASE_URL } = env;
    const body = { env: { AIRLOCK_DATA_DIR, AIRLOCK_DATABASE_URL }, args };
    return askSharing(`${process.env.TEST_SHARING_URL}/key`, { method: 'POST', body: JSON.stringify(body) });
  }
  const made = await runCli(['keys', 'create', '--name', 'test', '--json', ...args], env);
  if (made.code !== 0) throw new Error(made.stderr);
  return JSON.parse(made.stdout);
}

async function askSharing<T>(url: string, init: RequestInit = {}): Promise<T> {
  const response = await fetch(url, init);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as T;
}

export async function call(
  url: string,
  method: string,
  key: string | null,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<ApiResponse> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    headers: {
      ...(key && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    // Not every response is JSON.
  }
  return { status: response.status, headers: response.headers, text, json };
}

export async function runCli(
  args: string[],
  env: NodeJS.ProcessEnv,
  cwd?: string,
): Promise<{ stdout: string; stderr: string; code: number }> {
  try {
    const result = await run(process.execPath, programArgs(args), { env, cwd, timeout: 120_000 });
    return { ...result, code: 0 };
  } catch (error) {
    const failed = error as { stdout: string; stderr: string; code: number };
    return { stdout: failed.stdout, stderr: failed.stderr, code: failed.code };
  }
}

async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Searches /proc, because the supervisor does not publish the ids of its children. */
function childrenOf(supervisor: number, role: string): number[] {
  const ids = readProc(`${supervisor}/task/${supervisor}/children`).trim().split(/\s+/).filter(Boolean);
  return ids.map(Number).filter((id) => {
    const words = readProc(`${id}/cmdline`).split('\0').filter(Boolean);
    return role === 'postgres' ? words[0]?.endsWith('/postgres') : words.includes(role);
  });
}

/** Returns an empty string for a process that has just exited. */
function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return '';
  }
}
