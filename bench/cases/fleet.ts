import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { type Account, ensureAccount } from '../../src/accounts/accounts.ts';
import { createVault } from '../../src/crypto/vault.ts';
import { migrateDatabase } from '../../src/database/migrate.ts';
import { openPool, type Pool } from '../../src/database/pool.ts';
import { grantRoles } from '../../src/database/roles.ts';
import { createRowGuard } from '../../src/database/row-guard.ts';
import { reviewRequest } from '../../src/ffmpeg/index.ts';
import type { KindsContext } from '../../src/kinds/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { submitJob } from '../../src/kinds/submit.ts';
import { transcode } from '../../src/kinds/transcode/index.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { openEmbeddedPostgres } from '../../src/supervisor/postgres.ts';
import { embeddedUrl, socketUrl } from '../../src/supervisor/postgres-connect.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { ensureServiceAccount, recordingLogger } from '../../testkit/supervisor.ts';
import { until } from '../../testkit/until.ts';
import { cpuSeconds, processTree } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { startSimulatedFleet, WORKER_CONNECTIONS } from '../lib/simulated-fleet.ts';

const WORKERS = 50;
const ACCOUNTS = 20;
/** Duration of a job in milliseconds. 50 slots run ten such jobs per second. */
const JOB_MS = 5_000;
/** Number of jobs that wait while the fleet is busy. */
const WAITING = 100;
const WINDOW_MS = 30_000;
/** Milliseconds before the first measurement. By then, every task of the leader has run twice, and all sessions are open. */
const SETTLE_MS = 12_000;
/** Maximum number of statements that are shown for each part. */
const SHOWN = 8;

interface Statement {
  query: string;
  calls: number;
  total: number;
}

/**
 * Measures the cost of a fleet of simulated workers for one PostgreSQL server, idle and while every slot runs a job. The workers send the
 * same requests to the database as real workers. The server measures the times of statements (`pg_stat_statements`). CPU is the CPU time of
 * all processes of the server.
 */
export async function fleet({ progress }: CaseOptions): Promise<CaseResult> {
  const server = await openServer();
  const world = await openWorld(server);
  try {
    progress(`starting ${WORKERS} workers`);
    const context = world.context(world.worker);
    const workers = await startSimulatedFleet({
      context,
      databaseUrl: server.url('worker'),
      workers: WORKERS,
      jobMs: JOB_MS,
    });
    try {
      await sleep(SETTLE_MS);
      progress('idle');
      const idle = await measure(server);
      const feeding = feed(world);
      progress('busy');
      await until(async () => workers.completed() >= WORKERS, { what: 'a job in each slot', timeoutMs: 60_000 });
      const before = workers.completed();
      const busy = await measure(server);
      const jobs = workers.completed() - before;
      await feeding.stop();
      return result(idle, busy, jobs);
    } finally {
      await workers.close();
    }
  } finally {
    await world.close();
    await server.close();
  }
}

interface Measured {
  cpu: number;
  seconds: number;
  statements: Statement[];
}

function result(idle: Measured, busy: Measured, jobs: number): CaseResult {
  const row = (what: string) => ({ case: 'fleet', what });
  const seconds = idle.seconds * WORKERS;
  const each = busy.statements.map((one) => ({ ...one, per: jobs, unit: 'ms a job' }));
  return {
    rows: [
      bounded(row('PostgreSQL for an idle worker'), { value: (1000 * idle.cpu) / seconds }, null, 'ms/s', 2),
      ...rowsOf(
        'idle',
        idle.statements.map((one) => ({ ...one, per: seconds, unit: 'ms/s' })),
      ),
      bounded(
        row(`jobs of ${JOB_MS / 1000} s that ${WORKERS} slots complete`),
        { value: jobs / busy.seconds },
        null,
        '/s',
      ),
      bounded(
        row('PostgreSQL for a job, from its creation to its end'),
        { value: (1000 * busy.cpu) / jobs },
        null,
        'ms',
        1,
      ),
      ...rowsOf('busy', each),
    ],
    raw: { idle, busy, jobs },
  };
}

/** Returns rows of the statements with the largest share of the time, each with its time per worker and second, or per job. */
function rowsOf(which: string, statements: readonly (Statement & { per: number; unit: string })[]): Row[] {
  return statements.slice(0, SHOWN).map(({ query, calls, total, per, unit }) => {
    const what = `${which}, ${(calls / per).toFixed(2)} times: ${query.slice(0, 70)}`;
    return bounded({ case: 'fleet', what }, { value: total / per }, null, unit, 3);
  });
}

interface Server {
  url(login: 'owner' | 'api' | 'worker' | 'admin'): string;
  pid: number;
  close(): Promise<void>;
}

/** Opens a temporary PostgreSQL with enough connections, which records statements. */
async function openServer(): Promise<Server> {
  await ensureServiceAccount();
  const dataDir = await mkdtemp(join(tmpdir(), 'airlock-fleet-pg-'));
  await chmod(dataDir, 0o711);
  const options = { dataDir, logger: recordingLogger(), connections: WORKERS * WORKER_CONNECTIONS + 50 };
  const first = await openEmbeddedPostgres(options);
  const secrets = await loadSecrets(dataDir);
  const admin = socketUrl(first.socketDir, secrets.postgresAdminPassword, 'postgres', 'airlock');
  await asAdmin(admin, `ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`);
  await first.stop();
  const server = await openEmbeddedPostgres(options);
  await asAdmin(admin, 'CREATE EXTENSION pg_stat_statements');
  return {
    url: (login) => (login === 'admin' ? admin : embeddedUrl(server.socketDir, secrets, login)),
    pid: server.pid,
    async close() {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function asAdmin<R extends object>(url: string, statement: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(statement)).rows;
  } finally {
    await client.end();
  }
}

/** Measures the CPU time and the statements of the server during one window. */
async function measure(server: Server): Promise<Measured> {
  const admin = server.url('admin');
  await asAdmin(admin, 'SELECT pg_stat_statements_reset()');
  const [cpu, began] = [cpuSeconds(processTree(server.pid)), performance.now()];
  await sleep(WINDOW_MS);
  const seconds = (performance.now() - began) / 1000;
  const used = cpuSeconds(processTree(server.pid)) - cpu;
  const statements = await asAdmin<Statement>(
    admin,
    `SELECT regexp_replace(query, '\\s+', ' ', 'g') AS query, calls::int, total_exec_time + total_plan_time AS total
     FROM pg_stat_statements WHERE query !~* 'pg_stat_statements' ORDER BY 3 DESC`,
  );
  return { cpu: used, seconds, statements };
}

interface World {
  api: Pool;
  worker: Pool;
  accounts: Account[];
  context(pool: Pool): KindsContext;
  close(): Promise<void>;
}

async function openWorld(server: Server): Promise<World> {
  const pool = (login: 'owner' | 'api' | 'worker') =>
    openPool(server.url(login), { max: 8, role: login, onError: () => {} });
  const owner = pool('owner');
  await migrateDatabase(owner.db);
  await grantRoles(owner.db, { create: false });
  const accounts: Account[] = [];
  for (let index = 0; index < ACCOUNTS; index += 1) {
    accounts.push(await owner.db.transaction().execute((tx) => ensureAccount(tx, `bench-${index}`, 'cli')));
  }
  await owner.close();
  const [api, worker] = [pool('api'), pool('worker')];
  const vault = createVault(randomBytes(32));
  const store = {
    bucket: 'bench',
    ping: async () => {},
    capabilities: async () => ({ space: null }),
  } as unknown as ObjectStore;
  const rows = createRowGuard({ ping: async () => {}, onFailure: () => {} });
  return {
    ...{ api, worker, accounts },
    context: ({ db }) => ({ db, store, rows, vault, kinds, retentionSeconds: 24 * 3600 }),
    async close() {
      await api.close();
      await worker.close();
    },
  };
}

/** Creates jobs of all accounts in turn, so that some jobs always wait. */
function feed(world: World): { stop(): Promise<void> } {
  const context = world.context(world.api);
  let isOver = false;
  let number = 0;
  const services = {
    context,
    planner: { review: async ({ request, infos }: { request: never; infos: never }) => reviewRequest(request, infos) },
    checkSourceUrl: () => ({ ok: true }),
    checkWebhookUrl: () => ({ ok: true }),
  };
  const submit = () => {
    number += 1;
    const account = world.accounts[number % ACCOUNTS]!;
    const body = { inputs: [{ url: 'https://source.example/clip.mp4' }], outputFormat: 'mp4' as const };
    const caller = { account, keyId: null, ownKeys: null, requestId: 'bench' };
    const sent = { body, sent: body, warnings: [] };
    const idempotency = { key: null, route: 'transcodes', body };
    return submitJob(services as never, transcode, caller, sent, { idempotency, answer: ({ job }) => job });
  };
  const waiting = async () =>
    Number(
      (
        await context.db
          .selectFrom('jobs')
          .select(({ fn }) => fn.countAll().as('count'))
          .where('status', '=', 'pending')
          .executeTakeFirstOrThrow()
      ).count,
    );
  const running = (async () => {
    while (!isOver) {
      const missing = WAITING - (await waiting());
      for (let index = 0; index < missing; index += 1) await submit();
      await sleep(500);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await running;
    },
  };
}
