import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, ensureAccount } from '../../src/accounts/accounts.ts';
import { createKey } from '../../src/accounts/keys.ts';
import { openContext } from '../../src/cli/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { createKeyBody } from '../../src/contract/keys.ts';
import { openPool, type Pool } from '../../src/database/pool.ts';
import type { KindsContext } from '../../src/kinds/kind.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { linkRootImage, makeDataDir } from '../data-directory.ts';
import { Injector } from './injector.ts';
import { openPostgresProxy } from './postgres-proxy.ts';
import { RoleProcess } from './processes.ts';
import { openStorageProxy } from './storage-proxy.ts';

/** The PostgreSQL server on which lanes create their databases. */
export interface Backend {
  /** URL of a superuser, with the folder of the server's socket. */
  postgresUrl: string;
  /** Name of a database with the newest schema. */
  templateDatabase: string;
}

export interface LaneOptions extends Backend {
  /** Adds to the data directory before the processes start, for example a speech model. */
  prepare?: (dataDir: string) => Promise<unknown>;
  /** Whether a standby process waits to replace each killed process. Defaults to true. */
  standby?: boolean;
  /** Processes by their names, with further variables. Defaults to one `api` and one `worker`. */
  processes?: Readonly<Record<string, { role: 'api' | 'worker'; env?: NodeJS.ProcessEnv }>>;
}

/**
 * A fleet of APIs, workers and a gateway with a database of its own. By default, it has one API and one worker, which reach PostgreSQL
 * and the gateway through proxies that inject faults. One scenario runs in a lane at a time, so that its statements have the same numbers in
 * each run.
 */
export interface Lane {
  injector: Injector;
  processes: ReadonlyMap<string, RoleProcess>;
  /** The database and the storage, without the proxies. */
  context: KindsContext;
  pool: Pool;
  dataDir: string;
  /** File with the output of all processes. */
  log: string;
  /** Address of an API. Waits while the API restarts. */
  api(name?: string): Promise<string>;
  /** Creates an account and a key for it. */
  makeAccount(): Promise<{ account: Account; key: string }>;
  close(): Promise<void>;
}

const PROCESSES: NonNullable<LaneOptions['processes']> = { api: { role: 'api' }, worker: { role: 'worker' } };

/** Where the processes of a lane find each other. */
interface Places {
  dataDir: string;
  log: string;
  gatewaySocket: string;
  database: Awaited<ReturnType<typeof createDatabase>>;
  injector: Injector;
  common: NodeJS.ProcessEnv;
}

export async function openLane(options: LaneOptions): Promise<Lane> {
  const places = await preparePlaces(options);
  const { dataDir, log, common, injector, database } = places;
  const gateway = new RoleProcess({ role: 'gateway', env: common, log, standby: false });
  const { storage } = await gateway.ready();
  common.AIRLOCK_INTERNAL_STORAGE_ENDPOINT = `http://127.0.0.1:${storage}`;
  const names = Object.keys(options.processes ?? PROCESSES);
  const opened: Awaited<ReturnType<typeof openProcess>>[] = [];
  const processes = new Map<string, RoleProcess>();
  for (const name of names) {
    const started = await openProcess(name, places, options);
    opened.push(started);
    processes.set(name, started.process);
    // The first worker that is ready becomes the leader.
    await started.process.ready();
  }
  const logger = createLogger({ level: 'silent', role: 'faults' });
  const { context, pool, close } = await openContext(readConfig(common), { role: 'worker', connections: 4, logger });
  return {
    ...{ injector, processes, context, pool, dataDir, log },
    api: async (name = 'api') => `http://127.0.0.1:${(await processes.get(name)!.ready()).api}`,
    makeAccount: () => makeAccount(pool),
    async close() {
      await Promise.all(opened.map((one) => one.close()));
      await gateway.close();
      await close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function preparePlaces(options: LaneOptions): Promise<Places> {
  const dataDir = await makeDataDir();
  await linkRootImage(dataDir);
  await options.prepare?.(dataDir);
  const database = await createDatabase(options);
  const sockets = join(dataDir, 'faults');
  await mkdir(sockets);
  const gatewaySocket = join(sockets, 'gateway.sock');
  const common = {
    ...process.env,
    AIRLOCK_DATA_DIR: dataDir,
    AIRLOCK_DATABASE_URL: database.url,
    AIRLOCK_STORAGE_SOCKET: gatewaySocket,
    ...{ AIRLOCK_PORT: '0', AIRLOCK_STORAGE_PORT: '0', AIRLOCK_METRICS_PORT: '0' },
    ...{ AIRLOCK_WORKER_SLOTS: '2', AIRLOCK_CHUNKS: 'always', AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' },
    ...{ AIRLOCK_RATE_LIMIT: '100000', AIRLOCK_LOG_LEVEL: 'info', AIRLOCK_FFMPEG_BUILD: 'off' },
  };
  return { dataDir, log: join(dataDir, 'faults.log'), gatewaySocket, database, injector: new Injector(), common };
}

/** Starts a process behind a proxy for the database and a proxy for the storage. */
async function openProcess(
  name: string,
  { dataDir, log, gatewaySocket, database, injector, common }: Places,
  { standby = true, processes = PROCESSES }: LaneOptions,
) {
  const { role, env } = processes[name]!;
  const control = { kill: () => process.kill(), stop: (ms: number) => process.stop(ms) };
  const proxied = { role: name, injector, process: control };
  const toDatabase = await openPostgresProxy({ ...proxied, socketPath: database.socketPath });
  const storagePath = join(dataDir, 'faults', `${name}.sock`);
  const toStorage = await openStorageProxy(storagePath, { ...proxied, socketPath: gatewaySocket });
  const own = { AIRLOCK_DATABASE_URL: database.urlAt(toDatabase.port), AIRLOCK_STORAGE_SOCKET: storagePath };
  const process = new RoleProcess({ role, env: { ...common, ...own, ...env }, log, standby });
  return {
    process,
    async close() {
      await process.close();
      for (const { close } of [toDatabase, toStorage]) await close();
    },
  };
}

async function makeAccount({ db }: Pool): Promise<{ account: Account; key: string }> {
  const name = `faults-${randomBytes(6).toString('hex')}`;
  return db.transaction().execute(async (tx) => {
    const account = await ensureAccount(tx, name, 'cli');
    const { raw } = await createKey(tx, account.id, createKeyBody.parse({ name: 'faults' }), { actor: 'cli' });
    return { account, key: raw };
  });
}

async function createDatabase({ postgresUrl, templateDatabase }: Backend) {
  const name = `faults_${randomBytes(8).toString('hex')}`;
  await asAdmin(postgresUrl, `CREATE DATABASE ${name} TEMPLATE ${templateDatabase} STRATEGY file_copy`);
  const url = Object.assign(new URL(postgresUrl), { pathname: `/${name}` });
  return {
    url: url.toString(),
    socketPath: join(url.searchParams.get('host')!, `.s.PGSQL.${url.port || 5432}`),
    /** URL of a proxy in front of the server. */
    urlAt(port: number): string {
      const proxied = new URL(url);
      proxied.searchParams.delete('host');
      proxied.hostname = '127.0.0.1';
      proxied.port = String(port);
      return proxied.toString();
    },
    drop: () => asAdmin(postgresUrl, `DROP DATABASE ${name} WITH (FORCE)`),
  };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const pool = openPool(url, { max: 1, role: 'faults', onError: () => {} });
  try {
    await pool.pg.query(statement);
  } finally {
    await pool.close();
  }
}
