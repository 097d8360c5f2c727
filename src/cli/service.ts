import type { Config } from '../config/config.ts';
import { toEnvironment } from '../config/config.ts';
import { loadTls, transportPolicy } from '../config/tls.ts';
import { prepareDataDir } from '../supervisor/data-dir.ts';
import { type SupervisedProcess, superviseProcess } from '../supervisor/processes.ts';
import { claimInstance, type ReadyInfo } from '../supervisor/ready-file.ts';
import type { SupervisedPostgres } from '../supervisor/supervise-postgres.ts';
import type { Logger } from '../telemetry/index.ts';
import { databaseTemplate } from './database-template.ts';
import { diskAdvice } from './disk-advice.ts';
import { listenUrl, metricsHost, STORAGE_ENDPOINT_VARIABLE } from './endpoints.ts';
import { entryPoint } from './entry-point.ts';
import { type FirstKey, firstKeyFile } from './first-key.ts';
import { openFirstKeyRequest } from './first-key-request.ts';
import type { FirstLogin, WantedKey } from './make-first-key.ts';
import type { MigrationResult } from './roles/migrate.ts';
import { openRoles, type Roles } from './roles.ts';
import { programStamp, readSchema } from './schema-stamp.ts';
import { unknownSettings } from './unknown-settings.ts';

export interface Service {
  ready: ReadyInfo;
  /** The first key of this installation, if this start created it. */
  firstKey: FirstKey | null;
  /** Token of the link with which the first operator signs in, if this start created it. */
  setupToken: string | null;
  /** Drains and stops the service: no new jobs are claimed, and running jobs end or are released. */
  stop(): Promise<void>;
  /** Stops all processes at once. For a service without jobs whose data directory is removed. */
  discard(): Promise<void>;
}

export interface ServiceOptions {
  config: Config;
  logger: Logger;
  /** Receives the output of the roles, line by line. */
  onLine: (stream: 'stdout' | 'stderr', line: string) => void;
  /**
   * Creates a first key if no key exists. `text` returns the key in `Service`, and `file` writes the key to a file in the data directory.
   */
  firstKey: 'text' | 'file' | null;
  /** Whether other commands may find and use the service. */
  announce: boolean;
  /** Whether the caller removes the data directory when the service ends. A new database is then not flushed to the disk. */
  isTemporary?: boolean;
  /** Aborting this signal skips the drain: all processes are killed, and `stop()` resolves soon. No job is lost. */
  immediate?: AbortSignal;
  /** Aborting this signal ends a start: processes that are not ready are killed, the others are drained, and `startService` rejects. */
  stopping?: AbortSignal;
  /** Called with the owner's URL when the schema is current, while the roles start. `startService` waits until the promise resolves. */
  onSchema?: (databaseUrl: string) => Promise<void>;
}

/** Maximum milliseconds for a migration, for the drain of the worker, and for the drain of the API. */
const MIGRATION_MS = 300_000;
const WORKER_DRAIN_MS = 35_000;
const API_DRAIN_MS = 30_000;

/** Starts the entire service on one machine: database, gateway, API and worker. Each part is a process that is restarted after it dies. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { logger } = options;
  transportPolicy(options.config);
  for (const warning of unknownSettings(process.env)) logger.warn(warning);
  const hasDatabase = !options.config.databaseUrl;
  const config = { ...options.config, dataDir: await prepareDataDir(options.config.dataDir, { hasDatabase }) };
  const disk = await diskAdvice(config.dataDir, config.diskReserve);
  if (disk.state === 'full')
    logger.warn({ variable: 'AIRLOCK_DISK_RESERVE' }, `low on disk space: ${disk.seen}. ${disk.remedy}`);
  const instance = await claimInstance(config.dataDir);
  const parts = openParts({ ...options, config });
  const { roles } = parts;
  const end = (how: 'stop' | 'discard') => async () => {
    await instance.withdraw();
    await roles[how]();
    await parts.stopDatabase(how);
    await instance.release();
  };

  try {
    const tls = (await loadTls(config.tls, config.dataDir, [config.host])) !== null;
    const prepare = async () => {
      const { gateway, schema, url, durable } = await startDatabaseAndGateway(parts, { ...options, config });
      const endpoint = gateway ? listenUrl(config, gateway.ready.ports.storage!, tls) : '';
      roles.begin(endpoint ? { [STORAGE_ENDPOINT_VARIABLE]: endpoint } : {});
      // After a power failure before this point, the next start deletes the database. The database contains no client's data yet, because
      // no client has a key.
      await durable;
      await options.onSchema?.(url);
      return { schema, endpoint };
    };
    const apiDrainMs = API_DRAIN_MS + (config.drainDelaySeconds ?? 0) * 1000;
    // Worker and API load their code, and the worker tests the sandbox, while the database starts. Then they wait for the database. The
    // worker is started first, because its start takes longest.
    const [, api, { schema, endpoint }] = await together([
      roles.start('worker', WORKER_DRAIN_MS).catch(parts.fail),
      roles.start('api', apiDrainMs).catch(parts.fail),
      prepare().catch(parts.fail),
    ]);
    const wanted = options.firstKey === 'file' ? firstKeyFile(config.dataDir) : true;
    const first = schema.needsKey ? await parts.makeFirstKey(api, wanted) : schema.first;
    const ready = {
      api: config.publicUrl ?? listenUrl(config, api.ready.ports.api!, tls),
      storage: config.storagePublicUrl ?? (endpoint || config.storageUrl || ''),
      metrics: listenUrl({ host: metricsHost(config) }, api.ready.ports.metrics!, false),
    };
    if (options.announce) await instance.announce(ready);
    return {
      ready: { ...ready, pid: process.pid },
      ...{ ...first, stop: end('stop'), discard: end('discard') },
    };
  } catch (error) {
    await end('stop')().catch((problem) => logger.error({ err: problem }, 'not everything could be stopped'));
    // Processes that are killed because of a failure also fail, so this throws the first failure.
    throw parts.failed.aborted ? parts.failed.reason : error;
  }
}

interface StartedDatabase {
  /** URL of the database, with the owner's login. */
  url: string;
  /** Resolves when a new database is on the disk. */
  durable: Promise<void>;
}

/** The parts of a service, with which a start creates and stops them. */
interface Parts {
  roles: Roles;
  /** Aborts with the first error if the service cannot start. Parts that wait then stop. */
  failed: AbortSignal;
  /** Throws the error. Also aborts `failed` with it, unless the caller aborts the start. */
  fail(error: unknown): never;
  /** Starts the embedded database, or returns the URL of the operator's database. */
  startDatabase(): Promise<StartedDatabase>;
  stopDatabase(how: 'stop' | 'discard'): Promise<void>;
  /** Lets the API create the first key. */
  makeFirstKey(api: SupervisedProcess, wanted: WantedKey): Promise<FirstLogin>;
}

function openParts(options: ServiceOptions): Parts {
  const { config, logger, immediate, stopping } = options;
  const failed = new AbortController();
  const discarded = new AbortController();
  const orImmediate = (signal: AbortSignal) => AbortSignal.any([signal, ...(immediate ? [immediate] : [])]);
  let postgres: SupervisedPostgres | null = null;
  const request = openFirstKeyRequest();
  const ended = orImmediate(failed.signal);
  const onApiMessage = request.receive;
  return {
    roles: openRoles({ ...options, onApiMessage, immediate: ended, abandoned: stopping, builds: options.announce }),
    makeFirstKey: (api, wanted) => request.ask((message) => api.send(message), wanted, ended),
    failed: failed.signal,
    fail(error) {
      if (!stopping?.aborted) failed.abort(error);
      throw error;
    },
    async startDatabase() {
      if (config.databaseUrl) return { url: config.databaseUrl, durable: Promise.resolve() };
      // Loaded after the roles have started, so that the roles load their code at the same time.
      const { supervisePostgres } = await import('../supervisor/supervise-postgres.ts');
      const template = await databaseTemplate();
      const hurried = orImmediate(discarded.signal);
      const { isTemporary = false } = options;
      postgres = await supervisePostgres({
        dataDir: config.dataDir,
        logger,
        template,
        immediate: hurried,
        isTemporary,
      });
      return postgres;
    },
    async stopDatabase(how) {
      if (how === 'discard') discarded.abort();
      await postgres?.stop();
    },
  };
}

/** Starts the database and the embedded gateway, if the service uses them, and updates the schema. */
async function startDatabaseAndGateway({ roles, failed, fail, startDatabase }: Parts, options: ServiceOptions) {
  const { config, immediate } = options;
  const ended = AbortSignal.any([failed, ...(immediate ? [immediate] : [])]);
  const [{ url, durable, schema }, gateway] = await together([
    startDatabase()
      .then(async (database) => ({
        ...database,
        schema: await updateSchema(database, { ...options, immediate: ended }),
      }))
      .catch(fail),
    config.storageUrl ? null : roles.start('gateway'),
  ]);
  return { url, durable, gateway, schema };
}

/** Like `Promise.all`, but waits for all promises before it rejects, because everything that they have started must be stopped too. */
async function together<T extends unknown[]>(promises: [...T]): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

const NO_FIRST_LOGIN: FirstLogin = { firstKey: null, setupToken: null };

interface UpdatedSchema {
  /** The first key and link that the migration created. */
  first: FirstLogin;
  /** Whether the schema was already current, and only the first key is missing. */
  needsKey: boolean;
}

/** Migrates the database, unless this build has already done so. */
async function updateSchema({ url, durable }: StartedDatabase, options: ServiceOptions): Promise<UpdatedSchema> {
  // Only this process and the migration use the owner's login. API and worker each have their own login.
  const { isCurrent, hasKeys } = await readSchema(url, await programStamp(), { roles: !options.config.databaseUrl });
  if (isCurrent) return { first: NO_FIRST_LOGIN, needsKey: options.firstKey !== null && !hasKeys };
  await durable;
  return { first: await migrate(options), needsKey: false };
}

/** Migrates in a separate process, because the supervisor is long-lived and should stay small. */
async function migrate({ config, ...options }: ServiceOptions): Promise<FirstLogin> {
  let result: MigrationResult | null = null;
  const firstKey = { text: ['--first-key'], file: ['--first-key', firstKeyFile(config.dataDir)] };
  const command = ['migrate', '--report', ...(options.firstKey ? firstKey[options.firstKey] : [])];
  const child = await superviseProcess({
    name: 'migrate',
    command: process.execPath,
    args: [...process.execArgv, entryPoint(), ...command],
    env: { ...process.env, ...toEnvironment(config) },
    logger: options.logger,
    ready: 'ipc',
    maximumFirstFailures: 1,
    ...(options.immediate && { immediate: options.immediate }),
    ...(options.stopping && { abandoned: options.stopping }),
    readyTimeoutMs: MIGRATION_MS,
    onLine(stream, line) {
      if (stream === 'stdout' && line.startsWith('{"applied"')) result = JSON.parse(line) as MigrationResult;
      else options.onLine(stream, line);
    },
  });
  await child.stop();
  const { firstKey: key, setupToken } = result ?? NO_FIRST_LOGIN;
  return { firstKey: key, setupToken };
}
