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
import { startService } from './service.ts';
import { takeTurn } from './turn.ts';

export interface Server {
  url: string;
  key: string;
  /** The server's own certificate, when it is self-signed. */
  ca?: string;
  /** Takes back the key, ends what was started, removes what was made. */
  close(): Promise<void>;
}

/** Longest that one command can take; its key dies with it whatever happens. */
const KEY_HOURS = 24;

/** How far the user's patience has gone: `signal` after one Ctrl-C, `atOnce` after another. */
export interface Patience {
  signal: AbortSignal;
  atOnce: AbortSignal;
}

/**
 * The server that the main job talks to: the one that AIRLOCK_URL and AIRLOCK_API_KEY name, the one that runs on
 * the data directory, or one that is started for this command. A data directory that was not there before goes
 * again with it.
 */
export async function findServer(
  config: Config,
  patience: Patience,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Server> {
  const { AIRLOCK_URL: url, AIRLOCK_API_KEY: key } = env;
  if (url && key) return { url, key, close: async () => {} };
  if (url || key) {
    throw new ConfigError(url ? 'AIRLOCK_API_KEY' : 'AIRLOCK_URL', 'is missing', 'Set both, or neither');
  }
  const running = await readReadyFile(config.dataDir);
  if (running) {
    const lent = await temporaryKey(config);
    const tls = await loadTls(config.tls, config.dataDir, [config.host]);
    return { url: running.api, key: lent.raw, ...(tls?.ca && { ca: tls.ca }), close: lent.revoke };
  }
  const turn = await takeTurn(config.dataDir, {
    made: env.AIRLOCK_MADE_DATA_DIR === '1',
    signal: patience.signal,
    remove: () => removeDataDir(config.dataDir, env.AIRLOCK_SHOWN_DATA_DIR),
  });
  try {
    const server = await startOwnServer(config, patience.atOnce, env);
    return { ...server, close: () => server.close().finally(turn.end) };
  } catch (error) {
    await turn.end();
    throw error;
  }
}

async function startOwnServer(config: Config, atOnce: AbortSignal, env: NodeJS.ProcessEnv): Promise<Server> {
  // Loopback and free ports: no other client is meant to reach it.
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
    const service = await startService({ config: local, logger, onLine, firstKey: null, announce: false, atOnce });
    try {
      const key = await temporaryKey(local);
      // Without a database the key cannot be revoked. Only this process knew it, and it expires.
      const revoke = async () => (atOnce.aborted ? undefined : key.revoke());
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

/** The launcher may have given the directory a second name: that one is a mount point and cannot be removed itself. */
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
