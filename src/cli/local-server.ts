import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEFAULT_ACCOUNT, ensureAccount } from '../accounts/accounts.ts';
import { createKey, revokeKey } from '../accounts/keys.ts';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/config-error.ts';
import { loadTls } from '../config/tls.ts';
import { readReadyFile } from '../supervisor/ready-file.ts';
import { createLogger } from '../telemetry/index.ts';
import { withKeys } from './commands/keys.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { startService } from './service.ts';

export interface Server {
  url: string;
  key: string;
  /** The server's own certificate, when it is self-signed. */
  ca?: string;
  /** Revokes the key, stops what was started, and removes what was created. */
  close(): Promise<void>;
}

/** Lifetime of a command's key: it expires even if the command is killed. */
const KEY_HOURS = 24;

/** Interrupts by the user: `signal` aborts at the first Ctrl-C, `immediate` at the second. */
export interface Interrupts {
  signal: AbortSignal;
  immediate: AbortSignal;
}

/**
 * Finds the server for `transcode`: the one that AIRLOCK_URL and AIRLOCK_API_KEY name, the one that runs on the data
 * directory, or one started for this command. A data directory created for the command is removed with it.
 */
export async function findServer(
  config: Config,
  interrupts: Interrupts,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Server> {
  const { AIRLOCK_URL: url, AIRLOCK_API_KEY: key } = env;
  if (url && key) return { url, key, close: async () => {} };
  if (url || key) {
    throw new ConfigError(url ? 'AIRLOCK_API_KEY' : 'AIRLOCK_URL', 'is missing', 'Set both, or neither');
  }
  const running = await readReadyFile(config.dataDir);
  if (running) {
    const temporary = await temporaryKey(config);
    const tls = await loadTls(config.tls, config.dataDir, [config.host]);
    return { url: running.api, key: temporary.raw, ...(tls?.ca && { ca: tls.ca }), close: temporary.revoke };
  }
  const lock = await lockDataDir(config.dataDir, {
    made: env.AIRLOCK_MADE_DATA_DIR === '1',
    signal: interrupts.signal,
    remove: () => removeDataDir(config.dataDir, env.AIRLOCK_SHOWN_DATA_DIR),
  });
  try {
    const server = await startOwnServer(config, interrupts.immediate, env);
    return { ...server, close: () => server.close().finally(lock.release) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startOwnServer(config: Config, immediate: AbortSignal, env: NodeJS.ProcessEnv): Promise<Server> {
  // Loopback and free ports: no other client should reach it.
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
  try {
    const logger = createLogger({ level: 'error', role: 'transcode', destination: process.stderr });
    const service = await startService({ config: local, logger, onLine, firstKey: null, announce: false, immediate });
    try {
      const key = await temporaryKey(local);
      // Without a database the key cannot be revoked. Only this process has it, and it expires.
      const revoke = async () => (immediate.aborted ? undefined : key.revoke());
      return { url: service.ready.api, key: key.raw, close: () => revoke().finally(service.stop) };
    } catch (error) {
      await service.stop();
      throw error;
    }
  } catch (error) {
    if (tail.length > 0 && env.AIRLOCK_DEBUG) process.stderr.write(`${tail.join('\n')}\n`);
    throw error;
  }
}

/**
 * If the launcher has mounted the directory elsewhere, the mount point cannot be removed: empty it, then remove
 * `shown`.
 */
async function removeDataDir(dataDir: string, shown: string | undefined): Promise<void> {
  if (!shown) return rm(dataDir, { recursive: true, force: true });
  for (const name of await readdir(dataDir)) await rm(join(dataDir, name), { recursive: true, force: true });
  await rmdir(shown);
}

async function temporaryKey(config: Config): Promise<{ raw: string; revoke(): Promise<void> }> {
  const created = await withKeys(config, (pool) =>
    pool.db.transaction().execute(async (tx) => {
      const account = await ensureAccount(tx, DEFAULT_ACCOUNT, 'cli');
      const expires = new Date(Date.now() + KEY_HOURS * 3600_000).toISOString();
      return createKey(tx, account.id, { name: 'airlock transcode', expires_at: expires }, { actor: 'cli' });
    }),
  );
  return {
    raw: created.raw,
    async revoke() {
      await withKeys(config, (pool) =>
        pool.db.transaction().execute((tx) => revokeKey(tx, created.key.id, undefined, { actor: 'cli' })),
      );
    },
  };
}
