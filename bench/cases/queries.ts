import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { DATABASE_ROLES } from '../../src/config/database-roles.ts';
import { type PlannedRequest, requestsOf } from '../../testkit/all-requests.ts';
import { makeDataDir, removeDataDir } from '../../testkit/data-directory.ts';
import { fillDatabase } from '../../testkit/fill-database.ts';
import { call, startService, type TestService } from '../../testkit/service.ts';
import { openAsSuperuser } from '../../testkit/service-database.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';

const JOBS = 1_000_000;
const WAITING = 10_000;
/** Maximum milliseconds of a statement of a request, and of a statement that runs by itself. */
const REQUEST_MS = 20;
const PERIODIC_MS = 50;
/**
 * Milliseconds for which the service is idle. Every task of a worker runs within two seconds of its start, and most tasks run again within
 * five seconds.
 */
const IDLE_MS = 15_000;
const REPEATS = 5;
/** Maximum number of statements that are shown for each part. */
const SHOWN = 5;
/** Name of the account to which `fillDatabase` gives the most jobs. */
const ACCOUNT = 'filled-1';

interface Statement {
  query: string;
  calls: number;
  mean: number;
  min: number;
  max: number;
}

/**
 * Measures the slowest statements of a service with a million jobs, 10,000 of which wait in one account: statements of requests, for each
 * operation and each value of its parameters, and statements that run by themselves. The server measures the times (`pg_stat_statements`).
 */
export async function queries({ progress }: CaseOptions): Promise<CaseResult> {
  const dataDir = await makeDataDir();
  let service = await start(dataDir);
  try {
    let database = await openAsSuperuser(dataDir);
    progress(`writing ${JOBS} jobs`);
    await fillDatabase(database, { jobs: JOBS, waiting: WAITING });
    // Bring the database to the state that it would have after a day of work.
    await database.query('CHECKPOINT');
    await database.query(`ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`);
    await database.query('CREATE EXTENSION pg_stat_statements');
    const { key } = await service.makeKey(
      ...['--account', ACCOUNT, '--scopes', 'transcode,upload,read,admin,operator', '--name', 'bench'],
    );
    await database.end();
    await service.stop();
    service = await start(dataDir);
    database = await openAsSuperuser(dataDir);
    const stream = new AbortController();
    const events = fetch(`${service.api}/v1/events`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${key}` },
      signal: stream.signal,
    });
    progress('what runs by itself');
    await sleep(IDLE_MS);
    const periodic = await takeStatements(database);
    progress('requests');
    const responses = await sendAll(service, key, await idsOf(database));
    const requests = await takeStatements(database);
    stream.abort();
    await (await events).body?.cancel().catch(() => {});
    await database.end();
    return {
      rows: [
        ...rowsOf('by itself', periodic, PERIODIC_MS),
        ...rowsOf(
          'of a request',
          requests.filter(({ query }) => !periodic.some((one) => one.query === query)),
          REQUEST_MS,
        ),
      ],
      raw: { periodic, requests, answers: responses },
    };
  } finally {
    await service.stop();
    await removeDataDir(dataDir);
  }
}

const start = (dataDir: string) => startService({ AIRLOCK_LOG_LEVEL: 'warn', AIRLOCK_WORKER_SLOTS: '1' }, { dataDir });

/** Returns the statements of API and worker since the last call, the slowest first. */
async function takeStatements(database: pg.Client): Promise<Statement[]> {
  const { rows } = await database.query<Statement>(
    `SELECT regexp_replace(query, '\\s+', ' ', 'g') AS query, calls::int, mean_exec_time AS mean, min_exec_time AS min, max_exec_time AS max
     FROM pg_stat_statements WHERE userid IN (SELECT oid FROM pg_roles WHERE rolname = ANY($1)) AND query !~* '^(begin|commit|listen)'
     ORDER BY mean_exec_time DESC`,
    [Object.values(DATABASE_ROLES)],
  );
  await database.query('SELECT pg_stat_statements_reset()');
  return rows;
}

function rowsOf(which: string, statements: readonly Statement[], bound: number): Row[] {
  return statements
    .slice(0, SHOWN)
    .map(({ query, calls, mean, min, max }) =>
      bounded(
        { case: 'queries', what: `${which}, ${calls} times: ${query.slice(0, 70)}` },
        { value: mean, min, max },
        bound,
        'ms',
      ),
    );
}

/** Returns ids of the account's resources, by the part of the path that precedes the id. */
async function idsOf(database: pg.Client): Promise<Record<string, string[]>> {
  const { rows } = await database.query('SELECT id FROM accounts WHERE name = $1', [ACCOUNT]);
  const account = rows[0].id;
  const some = async (what: string) =>
    (await database.query(`SELECT id::text AS id FROM ${what}`, [account])).rows.map(({ id }) => id);
  const own = 'WHERE account_id = $1';
  return {
    transcodes: [
      ...(await some(
        `(SELECT id FROM jobs ${own} AND status = 'pending' ORDER BY created_at DESC LIMIT 1) AS waiting`,
      )),
      ...(await some(`(SELECT id FROM jobs ${own} AND status = 'completed' AND erased_at IS NULL LIMIT 1) AS kept`)),
      ...(await some(
        `(SELECT id FROM jobs ${own} AND status = 'completed' AND erased_at IS NOT NULL LIMIT 1) AS erased`,
      )),
    ],
    batches: await some(`batches ${own} LIMIT 1`),
    deliveries: await some(`webhook_deliveries ${own} LIMIT 1`),
    accounts: [account],
    events: await some(
      `(SELECT translate(encode(convert_to(tx || '.' || id, 'UTF8'), 'base64'), '=', '') AS id FROM events ${own} ORDER BY tx, id LIMIT 1) AS first`,
    ),
  };
}

const NONE = ['01a21786-9d2c-7995-8000-000000000000'];

/** Sends every request that does not change data of other accounts, several times. Returns how often each status occurred. */
async function sendAll(
  service: TestService,
  key: string,
  ids: Record<string, string[]>,
): Promise<Record<string, number>> {
  const { json: document } = await call(`${service.api}/openapi.json`, 'GET', key);
  const at = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString();
  const queries: Record<string, string[]> = {
    ...{ limit: ['100'], page: ['3'], since: [at(0.01), at(30)], until: [at(11.5), at(0)], wait: ['0'], url: ['true'] },
    ...{
      types: ['transcode.completed', 'webhook.test'],
      job: ids.transcodes!,
      after: ids.events!,
      period: ['2026-11'],
    },
  };
  const requests = requestsOf(document, ({ operation, name, in: where }) => {
    if (where === 'query')
      return (operation.includes('audit') && name === 'after' ? ['10'] : queries[name]) ?? ['true'];
    const part = operation.split('/').findLast((one) => Object.hasOwn(ids, one));
    return part ? ids[part]! : NONE;
  });
  const responses: Record<string, number> = {};
  const send = async ({ method, path, body }: PlannedRequest) => {
    const { status } = await call(`${service.api}${path}`, method, key, body);
    responses[status] = (responses[status] ?? 0) + 1;
  };
  for (const request of requests) {
    const times = request.method === 'GET' ? REPEATS : 1;
    for (let time = 0; time < times; time += 1) await send(request);
  }
  return responses;
}
