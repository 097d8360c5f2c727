import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { findAccount } from '../accounts/account-settings.ts';
import { DEFAULT_ACCOUNT, ensureAccount } from '../accounts/accounts.ts';
import { createKey, revokeKey } from '../accounts/keys.ts';
import type { Config } from '../config/config.ts';
import { loadTls } from '../config/tls.ts';
import { SCOPES, type Scope } from '../contract/keys.ts';
import { openPool, type Pool } from '../database/pool.ts';
import { readReadyFile } from '../supervisor/ready-file.ts';
import { createLogger } from '../telemetry/index.ts';
import { unknownAccount } from './account-name.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { UnavailableError } from './exit.ts';
import { withKeys } from './local-database.ts';
import { startService } from './service.ts';

export interface Server {
  url: string;
  key: string;
  /** The server's own certificate, if it is self-signed. */
  ca?: string;
  /**
   * Keeps the key of the command until it expires, and returns its ID. Present only if the key was created on a service that was already
   * running.
   */
  keepKey?(): string;
  /** Revokes the key unless it is kept, stops the processes that were started, and removes the files that were created. */
  close(): Promise<void>;
}

/** Name and lifetime of a command's key. The key expires even if the command is killed. */
export interface CommandKey {
  name: string;
  seconds: number;
}
const COMMAND_KEY: CommandKey = { name: 'airlock command', seconds: 24 * 3600 };

export interface ServerOptions {
  /** Aborts at the first Ctrl-C. */
  signal: AbortSignal;
  /** Aborts at the second Ctrl-C. */
  immediate: AbortSignal;
  /** Scopes of a key that is created for the command. */
  scopes?: readonly Scope[];
  account?: string | undefined;
  key?: CommandKey;
  /** Whether to start a service if no service runs. */
  start?: boolean;
}

/**
 * Returns the server that runs on the data directory, or a server that is started for this command. A data directory that was created for
 * the command is removed with the server.
 */
export async function findLocalServer(config: Config, options: ServerOptions, env: NodeJS.ProcessEnv): Promise<Server> {
  const running = await readReadyFile(config.dataDir);
  if (running) {
    const temporary = await withKeys(config, (pool) => createTemporaryKey(pool, options));
    const tls = await loadTls(config.tls, config.dataDir, [config.host]);
    let isKept = false;
    return {
      url: running.api,
      key: temporary.raw,
      keepKey() {
        isKept = true;
        return temporary.key.id;
      },
      ...(tls?.ca && { ca: tls.ca }),
      async close() {
        if (!isKept) await withKeys(config, (pool) => revokeTemporaryKey(pool, temporary));
      },
    };
  }
  if (!options.start) {
    throw new UnavailableError(
      `No service runs on ${env.AIRLOCK_SHOWN_DATA_DIR || config.dataDir}. Start one with ./airlock up, ` +
        'or set AIRLOCK_URL and AIRLOCK_API_KEY to use another server.',
    );
  }
  const lock = await lockDataDir(config.dataDir, {
    made: env.AIRLOCK_MADE_DATA_DIR === '1',
    signal: options.signal,
    remove: () => removeDataDir(config.dataDir, env.AIRLOCK_SHOWN_DATA_DIR),
  });
  try {
    const isThrowaway = lock.isMade && !config.databaseUrl && !config.storageUrl;
    const server = await startOwnServer(config, options, env, isThrowaway);
    return { ...server, close: () => server.close().finally(lock.release) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** @param isThrowaway whether the data of the service can be deleted after the command */
async function startOwnServer(
  config: Config,
  options: ServerOptions,
  env: NodeJS.ProcessEnv,
  isThrowaway: boolean,
): Promise<Server> {
  const { immediate } = options;
  // Uses loopback and free ports, because no other client should reach this server.
  const local: Config = {
    ...config,
    host: '127.0.0.1',
    port: 0,
    storagePort: 0,
    metricsPort: 0,
    publicUrl: null,
    storagePublicUrl: null,
    tls: { mode: 'off' },
    trustProxy: [],
  };
  const tail: string[] = [];
  const onLine = (_stream: string, line: string) => {
    tail.push(line);
    if (tail.length > 40) tail.shift();
  };
  const { promise: made, onSchema } = keyForCommand(options);
  try {
    const logger = createLogger({ level: 'error', role: 'transcode', destination: process.stderr });
    const given = {
      config: local,
      logger,
      onLine,
      firstKey: null,
      announce: false,
      immediate,
      onSchema,
      isTemporary: isThrowaway,
    };
    const service = await startService(given);
    const { raw, revoke } = await made;
    const close = async () => {
      // After the second Ctrl-C, no database is left that could revoke the key. Only this process has the key, and the key expires.
      if (!isThrowaway && !immediate.aborted) await revoke();
    };
    const stop = isThrowaway ? service.discard : service.stop;
    return { url: service.ready.api, key: raw, close: () => close().finally(stop) };
  } catch (error) {
    if (tail.length > 0 && env.AIRLOCK_DEBUG) process.stderr.write(`${tail.join('\n')}\n`);
    throw error;
  }
}

interface OwnKey {
  raw: string;
  revoke(): Promise<void>;
}

/** Creates the key of a command once the service of the command has a schema. Keeps no connection of the owner open. */
function keyForCommand(options: ServerOptions): { promise: Promise<OwnKey>; onSchema(url: string): Promise<void> } {
  let resolve!: (key: OwnKey) => void;
  const promise = new Promise<OwnKey>((settle) => {
    resolve = settle;
  });
  return {
    promise,
    async onSchema(url) {
      const key = await withPool(url, (pool) => createTemporaryKey(pool, options));
      resolve({ raw: key.raw, revoke: () => withPool(url, (pool) => revokeTemporaryKey(pool, key)) });
    },
  };
}

async function withPool<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = openPool(url, { max: 1, role: 'cli', onError: () => {} });
  try {
    return await work(pool);
  } finally {
    await pool.close();
  }
}

/**
 * Removes the data directory. If the launcher has mounted the directory elsewhere, the mount point cannot be removed, so this empties the
 * mount point and removes `shown`.
 */
async function removeDataDir(dataDir: string, shown: string | undefined): Promise<void> {
  if (!shown) return rm(dataDir, { recursive: true, force: true });
  for (const name of await readdir(dataDir)) await rm(join(dataDir, name), { recursive: true, force: true });
  await rmdir(shown);
}

type TemporaryKey = Awaited<ReturnType<typeof createTemporaryKey>>;

function createTemporaryKey({ db }: Pool, { scopes = SCOPES, account: name, key = COMMAND_KEY }: ServerOptions) {
  return db.transaction().execute(async (tx) => {
    const account = name === undefined ? await ensureAccount(tx, DEFAULT_ACCOUNT, 'cli') : await findAccount(tx, name);
    if (!account) throw unknownAccount();
    const expires = new Date(Date.now() + key.seconds * 1000).toISOString();
    const body = { name: key.name, expires_at: expires, scopes: [...scopes] };
    return createKey(tx, account.id, body, { actor: 'cli' }, 'command');
  });
}

async function revokeTemporaryKey({ db }: Pool, { key }: TemporaryKey): Promise<void> {
  await db.transaction().execute((tx) => revokeKey(tx, key.id, undefined, { actor: 'cli' }));
}
