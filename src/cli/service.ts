import type { Config } from '../config/config.ts';
import { toEnvironment } from '../config/config.ts';
import { loadTls, transportPolicy } from '../config/tls.ts';
import { prepareDataDir } from '../supervisor/data-dir.ts';
import { type SupervisedProcess, superviseProcess } from '../supervisor/processes.ts';
import { claimInstance, type ReadyInfo } from '../supervisor/ready-file.ts';
import { addressee } from '../supervisor/scrape.ts';
import { type SupervisedPostgres, supervisePostgres } from '../supervisor/supervise-postgres.ts';
import type { ReadyMessage } from '../supervisor/types.ts';
import type { Logger } from '../telemetry/index.ts';
import { diskAdvice } from './disk-advice.ts';
import { listenUrl, metricsHost, STORAGE_ENDPOINT_VARIABLE } from './endpoints.ts';
import { entryPoint } from './entry-point.ts';
import { type FirstKey, firstKeyFile } from './first-key.ts';
import type { MigrationResult } from './roles/migrate.ts';
import { isMigrated, programStamp } from './schema-stamp.ts';
import { unknownSettings } from './unknown-settings.ts';
import { nodeOptions } from './v8-options.ts';

export interface Service {
  ready: ReadyInfo;
  /** The first key of this installation, if this start created it. */
  firstKey: FirstKey | null;
  /** Token of the link with which the first operator signs in, if this start created it. */
  setupToken: string | null;
  /** Drains: claims nothing new, and lets running jobs end or releases them. */
  stop(): Promise<void>;
}

export interface ServiceOptions {
  config: Config;
  logger: Logger;
  /** Receives the output of the roles, line by line. */
  onLine: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Creates a first key if there is none, and returns it in `Service` or writes it to a file in the data directory. */
  firstKey: 'text' | 'file' | null;
  /** Whether other commands may find and use the service. */
  announce: boolean;
  /** Aborting it skips the drain: everything is killed, and `stop()` resolves soon. No job is lost. */
  immediate?: AbortSignal;
}

const WORKER_DRAIN_MS = 35_000;
const API_DRAIN_MS = 30_000;
/**
 * glibc keeps up to eight arenas of freed memory per core; with two in total, the idle roles together use 9 MB less. And
 * once a block of up to 32 MB is freed, it takes later ones of that size from an arena, which never shrinks below the last
 * block in use. With a fixed threshold in bytes, large blocks return to the system: 20 MB in a worker that has built an
 * image.
 */
const LEAN_MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };
/** Variables that are removed from the environment of roles that do not need them. */
const WITHHELD: Readonly<Record<string, readonly string[]>> = {
  gateway: ['AIRLOCK_DATABASE_URL', 'AIRLOCK_SIGNING_KEY'],
  worker: ['AIRLOCK_SIGNING_KEY'],
};
/** The API first, so that no new jobs arrive; then the worker; then the storage that it writes to. */
const STOP_ORDER = ['api', 'worker', 'gateway'];

/**
 * Starts the entire service on one machine: database, gateway, API, worker, each a process that is restarted when it
 * dies.
 */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { logger, immediate } = options;
  transportPolicy(options.config);
  for (const warning of unknownSettings(process.env)) logger.warn(warning);
  const config = { ...options.config, dataDir: await prepareDataDir(options.config.dataDir) };
  const disk = await diskAdvice(config.dataDir, config.diskReserve);
  if (disk.state === 'full')
    logger.warn({ variable: 'AIRLOCK_DISK_RESERVE' }, `low on disk space: ${disk.seen}. ${disk.remedy}`);
  const instance = await claimInstance(config.dataDir);
  const started: SupervisedProcess[] = [];
  let postgres = null as SupervisedPostgres | null;
  const stop = async () => {
    await instance.withdraw();
    for (const name of STOP_ORDER) {
      for (const child of started) if (child.name === name) await child.stop();
    }
    await postgres?.stop();
    await instance.release();
  };

  try {
    const tls = (await loadTls(config.tls, config.dataDir, [config.host])) !== null;
    const role = async (name: string, extra: Record<string, string>, drainMs?: number) => {
      const environment: NodeJS.ProcessEnv = { ...LEAN_MALLOC, ...process.env, ...toEnvironment(config), ...extra };
      for (const variable of WITHHELD[name] ?? []) delete environment[variable];
      const onMessage = (message: unknown) => {
        const to = addressee(name, message);
        started.find((other) => other.name === to)?.send(message as object);
      };
      const child = await startRole(name, environment, { ...options, config, onMessage }, drainMs);
      started.push(child);
      return child;
    };
    const keep = async () => {
      if (config.databaseUrl) return;
      postgres = await supervisePostgres({ dataDir: config.dataDir, logger, ...(immediate && { immediate }) });
    };
    const [, gateway] = await together([keep(), config.storageUrl ? null : role('gateway', {})]);
    // Only this process and the migration use the owner's login; API and worker each have their own.
    const url = config.databaseUrl ?? postgres?.url;
    const wanted = { firstKey: options.firstKey !== null, roles: !config.databaseUrl };
    const current = url !== undefined && (await isMigrated(url, await programStamp(), wanted));
    const migrated = current ? null : await migrate(config, options);
    const endpoint = gateway ? listenUrl(config, gateway.ready.ports.storage!, tls) : '';
    const storage: Record<string, string> = endpoint ? { [STORAGE_ENDPOINT_VARIABLE]: endpoint } : {};
    const apiDrainMs = API_DRAIN_MS + (config.drainDelaySeconds ?? 0) * 1000;
    const [, api] = await together([role('worker', storage, WORKER_DRAIN_MS), role('api', storage, apiDrainMs)]);
    const ready = {
      api: config.publicUrl ?? listenUrl(config, api.ready.ports.api!, tls),
      storage: config.storagePublicUrl ?? (endpoint || config.storageUrl || ''),
      metrics: listenUrl({ host: metricsHost(config) }, api.ready.ports.metrics!, false),
    };
    if (options.announce) await instance.announce(ready);
    const { firstKey = null, setupToken = null } = migrated ?? {};
    return { ready: { ...ready, pid: process.pid }, firstKey, setupToken, stop };
  } catch (error) {
    await stop().catch((failed) => logger.error({ err: failed }, 'not everything could be stopped'));
    throw error;
  }
}

/** Like Promise.all, but waits for the others before it rejects: what they have started must be stopped too. */
async function together<T extends unknown[]>(promises: [...T]): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

/** A role that restarts requests its previous port, so that links and clients keep working. */
async function startRole(
  name: string,
  environment: NodeJS.ProcessEnv,
  options: ServiceOptions & { onMessage: (message: unknown) => void },
  drainMs?: number,
): Promise<SupervisedProcess> {
  const variables: Record<string, string> = {
    api: 'AIRLOCK_PORT',
    metrics: 'AIRLOCK_METRICS_PORT',
    storage: 'AIRLOCK_STORAGE_PORT',
  };
  return superviseProcess({
    name,
    command: process.execPath,
    args: [...nodeOptions(name, process.execArgv), entryPoint(), name],
    env: (last: ReadyMessage | null) => ({
      ...environment,
      ...Object.fromEntries(
        Object.entries(last?.ports ?? {}).flatMap(([port, value]) =>
          variables[port] ? [[variables[port], String(value)]] : [],
        ),
      ),
    }),
    logger: options.logger,
    ready: 'ipc',
    readyTimeoutMs: 60_000,
    onLine: options.onLine,
    onMessage: options.onMessage,
    ...(options.immediate && { immediate: options.immediate }),
    ...(drainMs && { drainMs }),
  });
}

/** Migrates in a separate process, because the supervisor is long-lived and should stay small. */
async function migrate(config: Config, options: ServiceOptions): Promise<MigrationResult> {
  let result: MigrationResult | null = null;
  const firstKey = { text: ['--first-key'], file: ['--first-key', firstKeyFile(config.dataDir)] };
  const child = await superviseProcess({
    name: 'migrate',
    command: process.execPath,
    args: [
      ...process.execArgv,
      entryPoint(),
      'migrate',
      '--report',
      ...(options.firstKey ? firstKey[options.firstKey] : []),
    ],
    env: { ...process.env, ...toEnvironment(config) },
    logger: options.logger,
    ready: 'ipc',
    maximumFirstFailures: 1,
    ...(options.immediate && { immediate: options.immediate }),
    readyTimeoutMs: 120_000,
    onLine(stream, line) {
      if (stream === 'stdout' && line.startsWith('{"applied"')) result = JSON.parse(line) as MigrationResult;
      else options.onLine(stream, line);
    },
  });
  await child.stop();
  return result ?? { applied: [], firstKey: null, setupToken: null, roles: [] };
}
