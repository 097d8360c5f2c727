import { type Config, toEnvironment } from '../config/config.ts';
import { beginMessage, isWaiting, WAITS_VARIABLE } from '../supervisor/child.ts';
import { type SupervisedProcess, superviseProcess } from '../supervisor/processes.ts';
import { addressee } from '../supervisor/scrape.ts';
import type { ReadyMessage, SupervisorLogger } from '../supervisor/types.ts';
import { entryPoint } from './entry-point.ts';
import { nodeOptions } from './v8-options.ts';

/**
 * Environment for glibc. By default, glibc keeps up to eight arenas of freed memory per core. With only two arenas, the idle roles together
 * use 9 MB less. In addition, after a block of up to 32 MB is freed, glibc takes later blocks of that size from an arena, which never
 * shrinks below its last block in use. With a fixed threshold in bytes, large blocks return to the system: 20 MB in a worker that has built
 * an image.
 */
const LEAN_MALLOC = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '1048576' };
/** Environment variable that is set for a worker that may build FFmpeg. */
export const BUILDS_VARIABLE = 'AIRLOCK_INTERNAL_BUILDS';
/**
 * Environment variables that are removed for roles that do not need them. With the certificates of a distribution, reading
 * NODE_EXTRA_CA_CERTS takes 28 ms when Node.js starts. The gateway connects to no server.
 */
const WITHHELD: Readonly<Record<string, readonly string[]>> = {
  gateway: ['AIRLOCK_DATABASE_URL', 'AIRLOCK_SIGNING_KEY', 'NODE_EXTRA_CA_CERTS'],
  worker: ['AIRLOCK_SIGNING_KEY'],
};
/**
 * The order in which roles stop: first the API, so that no new jobs arrive, then the worker, and then the storage to which the worker
 * writes.
 */
const STOP_ORDER = ['api', 'worker', 'gateway'];
/** Milliseconds after which a role must be ready, including the wait for the database, which replays its WAL after a crash. */
const READY_MS = 240_000;
/** Variables that pass the ports of a role to its successor. */
const PORT_VARIABLES: Readonly<Record<string, string>> = {
  api: 'AIRLOCK_PORT',
  metrics: 'AIRLOCK_METRICS_PORT',
  storage: 'AIRLOCK_STORAGE_PORT',
};

export interface RolesOptions {
  config: Config;
  logger: SupervisorLogger;
  /** Receives the output of the roles, line by line. */
  onLine: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Aborting this signal kills all roles, including waiting roles. */
  immediate: AbortSignal;
  /** Aborting this signal kills the roles that are not ready. */
  abandoned: AbortSignal | undefined;
  /** Receives the messages of the API, except its reports that it is ready or has failed. */
  onApiMessage: (message: unknown) => void;
  /** Whether the worker may build FFmpeg. False for the service of a single command. */
  builds: boolean;
}

/** The roles of one service, as processes that restart after they die. */
export interface Roles {
  /**
   * Starts a role, and resolves when the role is ready. A role that waits for `begin` is not ready until `begin` is called. `drainMs` is
   * the time from SIGTERM to SIGKILL.
   */
  start(name: string, drainMs?: number): Promise<SupervisedProcess>;
  /** Passes these variables to the roles that wait for database and storage, and lets these roles continue, now and after each restart. */
  begin(variables: Record<string, string>): void;
  /** Stops one role after another, in the order of STOP_ORDER. */
  stop(): Promise<void>;
  /** Stops all roles at once. For a service whose data is no longer needed. */
  discard(): Promise<void>;
}

export function openRoles(options: RolesOptions): Roles {
  const { config, logger, onLine, onApiMessage, immediate, abandoned, builds } = options;
  const started: SupervisedProcess[] = [];
  let begin!: (variables: Record<string, string>) => void;
  const begun = new Promise<Record<string, string>>((resolve) => {
    begin = resolve;
  });
  const base = { ...LEAN_MALLOC, ...process.env, ...toEnvironment(config), [WAITS_VARIABLE]: '1' };
  return {
    begin,
    async start(name, drainMs) {
      const environment: NodeJS.ProcessEnv = { ...base };
      for (const variable of WITHHELD[name] ?? []) delete environment[variable];
      if (name === 'worker' && builds) environment[BUILDS_VARIABLE] = '1';
      const child = await superviseProcess({
        name,
        command: process.execPath,
        args: [...nodeOptions(name, process.execArgv), entryPoint(), name],
        env: (last) => ({ ...environment, ...portsOf(last) }),
        logger,
        readyTimeoutMs: READY_MS,
        onLine,
        onMessage(message, reply) {
          if (isWaiting(message)) void begun.then((variables) => reply(beginMessage(variables)));
          if (name === 'api') onApiMessage(message);
          const to = addressee(name, message);
          started.find((other) => other.name === to)?.send(message as object);
        },
        immediate,
        ...(abandoned && { abandoned }),
        ...(drainMs && { drainMs }),
      });
      started.push(child);
      return child;
    },
    async stop() {
      for (const name of STOP_ORDER) {
        for (const child of started) if (child.name === name) await child.stop();
      }
    },
    async discard() {
      await Promise.all(started.map((child) => child.stop()));
    },
  };
}

/** Returns the variables with the previous ports of a role. A role that restarts uses them, so that links and clients keep working. */
function portsOf(last: ReadyMessage | null): NodeJS.ProcessEnv {
  const ports = Object.entries(last?.ports ?? {});
  return Object.fromEntries(
    ports.flatMap(([port, value]) => (PORT_VARIABLES[port] ? [[PORT_VARIABLES[port], String(value)]] : [])),
  );
}
