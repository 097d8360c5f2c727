import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signAuditHead } from '../../src/accounts/audit-verify.ts';
import { createSigner } from '../../src/crypto/signing.ts';
import { createFetcher } from '../../src/fetcher/index.ts';
import { readStatistics } from '../../src/fleet/statistics.ts';
import { createSetupLink } from '../../src/identity/setup-links.ts';
import { createUser } from '../../src/identity/users.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { dueJobs, dueUploads } from '../../src/jobs/expire.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { type PlannedRequest, requestsOf } from '../../testkit/all-requests.ts';
import { fillDatabase } from '../../testkit/fill-database.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { openTestSandbox } from '../helpers/root-image.ts';
import { type RecordedPlans, recordPlans, type SeenStatement } from './recorded-plans.ts';

/** Number of jobs, and number of waiting jobs. All waiting jobs belong to one account and class. */
const JOBS = 40_000;
const WAITING = 2_000;
/** Number of accounts without jobs. */
const ACCOUNTS = 5_000;
/** Tables that grow with the number of jobs or accounts. */
const GROWING = [
  ...['jobs', 'uploads', 'objects', 'events', 'job_sources', 'job_outputs', 'attempts'],
  ...['webhook_deliveries', 'idempotency_keys', 'accounts', 'account_schedule', 'account_storage'],
  ...['api_keys', 'audit_log', 'job_counts'],
  ...['templates', 'template_versions', 'connections', 'upload_tokens'],
];
/** Maximum number of rows that a statement may read. It is slightly above 10,000, the limit of counts. */
const MOST_ROWS = 12_000;

/** Patterns of statements of a sweep, and the maximum number of rows that they may read, which is slightly above the number of due rows. */
const DUE_UPLOADS = /^select "upload"."id" from "objects" .* order by "objects"."delete_after" limit /;
const ABANDONED = /^with "abandoned" as/;
const MOST_DUE = 1_000;

/** Patterns of statements that may read more rows: the count of jobs in a range of times (docs/decisions/0045). */
const KNOWN = [/^select count\(\*\) as "total" from "jobs" where/];
/**
 * Patterns of statements that add up the counters of all accounts, for metrics, for the operator, and every six hours to correct the
 * counters (docs/decisions/0040). They may read the tables of counters completely, which have a few rows per account, but no jobs or
 * objects.
 */
const SUMS = [
  /^WITH awaiting AS .* FROM job_counts /,
  /^SELECT class\.name AS resource_class, .* FROM account_schedule, /,
  /^WITH running AS .* FROM account_schedule LEFT JOIN running /,
  /^SELECT coalesce\(sum\(object_bytes\), 0\)::float8 AS bytes FROM account_storage$/,
  /^select "account_id", sum\("object_bytes"\).* from "account_storage" group by /,
];
const COUNTERS = ['job_counts', 'account_schedule', 'account_storage'];
/** Number of rows of `accounts` that suffice to find out whether several accounts are enabled. */
const ENOUGH_ACCOUNTS = 2;

const DAY = 86_400_000;
const PASSWORD = 'correct horse battery';
/** The fields of the OpenAPI document that the test reads. */
interface OpenapiDocument {
  paths: Record<string, { get?: { parameters?: { name: string }[] } }>;
}

interface PlanLine {
  'QUERY PLAN': string;
}

const BY = { actor: 'test', ip: null, requestId: null };

describe(`with ${JOBS.toLocaleString('en')} jobs and ${ACCOUNTS.toLocaleString('en')} accounts`, () => {
  let api: TestApi;
  let folder: string;
  let sandbox: Sandbox;
  let worker: Worker;
  let plans: RecordedPlans;
  let key: string;
  /** A key that sees only its own jobs. */
  let ownKey: string;
  let address: string;
  const ids: Record<string, string[]> = {};
  const stream = new AbortController();
  let operatorHeaders: Record<string, string> | undefined;

  /** Sends a request of the account with the most jobs. */
  const call: TestApi['call'] = (method, path, body, headers = {}) =>
    api.call(method, path, body, { authorization: `Bearer ${key}`, ...headers });
  const created = async (path: string, body: object) => {
    const response = await call('POST', path, body);
    expect([path, response.status, response.text]).toEqual([path, expect.toBeOneOf([200, 201]), response.text]);
    return response.json;
  };

  beforeAll(async () => {
    api = await startApi();
    await chmod(dirname(api.gateway.root), 0o711);
    const client = new pg.Client({ connectionString: api.database.url });
    await client.connect();
    const { accountId } = await fillDatabase(client, { jobs: JOBS, waiting: WAITING });
    const pick = async (what: string) => (await client.query(what, [accountId])).rows.map(({ id }) => id);
    const some = (status: string) => pick(`SELECT id FROM jobs WHERE account_id = $1 AND ${status} LIMIT 1`);
    ids.waiting = await some(`status = 'pending'`);
    ids.jobs = [
      ...(await some(`status = 'processing'`)),
      ...(await some(`status = 'completed' AND erased_at IS NULL`)),
      ...(await some(`status = 'completed' AND erased_at IS NOT NULL`)),
    ];
    ids.deliveries = await pick('SELECT id FROM webhook_deliveries WHERE account_id = $1 LIMIT 1');
    ids.due = await pick(`SELECT object_id AS id FROM uploads WHERE account_id = $1 AND state = 'confirmed' LIMIT 1`);
    ids.batches = await pick('SELECT id FROM batches WHERE account_id = $1 LIMIT 1');
    ids.accounts = [accountId];
    const account = { ...api.account, id: accountId };
    ownKey = await api.makeKey({ account, scopes: ['transcode'] });
    await giveJobs(client);
    await addAccounts(client);
    await client.end();
    key = await api.makeKey({ account });
    plans = await recordPlans(api.database);
    address = await api.listen();
  }, 300_000);
  afterAll(async () => {
    stream.abort();
    await worker?.drain();
    await sandbox?.close();
    await api?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  /** Assigns one of fifty jobs, and all batches, to `ownKey`. */
  async function giveJobs(client: pg.Client): Promise<void> {
    await client.query('SET session_replication_role = replica');
    const own = `UPDATE %s SET key_id = api_keys.id FROM api_keys WHERE api_keys.account_id = %s.account_id`;
    const give = (table: string, which: string) => client.query(`${own.replaceAll('%s', table)} AND ${which}`);
    await give('jobs', `ascii(right(jobs.id::text, 1)) % 4 = 0 AND ascii(left(right(jobs.id::text, 2), 1)) % 10 = 0`);
    await give('batches', 'true');
    await client.query('SET session_replication_role = DEFAULT');
    await client.query('VACUUM ANALYZE jobs, batches, api_keys');
    const { rows } = await client.query(
      `SELECT DISTINCT ON (status, erased_at IS NULL) id FROM jobs WHERE key_id IS NOT NULL AND status IN ('pending', 'completed')`,
    );
    ids.own = rows.map(({ id }) => id);
  }

  /** Adds accounts, each with a key, the rows of its counters, and entries in the audit log, whose chain of hashes is not valid. */
  async function addAccounts(client: pg.Client): Promise<void> {
    const accounts = `FROM accounts WHERE name LIKE 'without-jobs-%'`;
    await client.query(`INSERT INTO accounts (id, name)
      SELECT gen_random_uuid(), 'without-jobs-' || n FROM generate_series(1, ${ACCOUNTS}) AS n`);
    await client.query(`INSERT INTO account_schedule (account_id) SELECT id ${accounts} ON CONFLICT DO NOTHING`);
    await client.query(
      `INSERT INTO account_storage (account_id, shard) SELECT id, 0 ${accounts} ON CONFLICT DO NOTHING`,
    );
    await client.query(`INSERT INTO api_keys (id, account_id, name, key_hash, hint, scopes)
      SELECT gen_random_uuid(), id, 'key', sha256(id::text::bytea), '', '{read}' ${accounts}`);
    await client.query(`INSERT INTO audit_log (seq, at, actor, action, result, details, previous, hash)
      SELECT n, now(), 'cli', 'account.created', 'ok', '{}', sha256('a'), sha256('b') FROM generate_series(1, ${ACCOUNTS}) AS n
      ON CONFLICT DO NOTHING`);
    await client.query(
      `INSERT INTO job_counts (account_id, kind, status, jobs) SELECT id, 'transcode', 'completed', 0 ${accounts}`,
    );
    await client.query('VACUUM ANALYZE accounts, account_schedule, account_storage, job_counts, api_keys, audit_log');
  }

  /** Returns for each list the cursor after its first item, or `none` if the list has no further items. */
  async function cursorsOf(document: OpenapiDocument, headersOf: (operation: string) => Record<string, string>) {
    const cursors = new Map<string, string>();
    for (const [path, { get }] of Object.entries(document.paths)) {
      const takesCursor = get?.parameters?.some(({ name }) => name === 'after');
      if (!takesCursor || /events|audit/.test(path)) continue;
      const url = path.replace('{id}', ids.webhooks![0]!);
      const { json } = await call('GET', `${url}?limit=1`, undefined, headersOf(`GET ${path}`));
      cursors.set(`GET ${path}`, (json.result ?? json).next ?? 'none');
    }
    return cursors;
  }

  const find = (pattern: RegExp) => [...plans.statements.values()].find(({ text }) => pattern.test(text));

  /** Returns one line for each statement that would be slow in a service with many jobs. */
  function faults(statements: Iterable<SeenStatement>): string[] {
    return [...statements].flatMap(({ text, scans, rows }) => {
      if (KNOWN.some((pattern) => pattern.test(text))) return [];
      const addsUp = SUMS.some((pattern) => pattern.test(text));
      const fullScans = scans.filter(({ node, relation, rows: read }) => {
        if (node !== 'Seq Scan' || !GROWING.includes(relation)) return false;
        if (relation === 'accounts' && read <= ENOUGH_ACCOUNTS) return false;
        return !(addsUp && COUNTERS.includes(relation));
      });
      const why = [
        ...new Set(fullScans.map(({ relation }) => `reads the entire table ${relation}`)),
        ...(rows > MOST_ROWS ? [`reads ${rows} rows`] : []),
      ];
      return why.length === 0 ? [] : [`${why.join(', ')}: ${text}`];
    });
  }

  it('no query of a worker or of the lifecycle of a job scans a complete table', async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-plans-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: 2 });
    worker = await startWorker({
      ...{ context: api.context, kinds, sandbox, metrics: null, onBroken: () => {} },
      fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      settings: {
        ...{ databaseUrl: api.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
        // The worker has no heavy slots, because the waiting jobs of the account are heavy and have no texts.
        ...{ slots: [['light'], ['interactive']], cores: 2, cellMemoryBytes: 2 ** 30, drainMs: 1000 },
        ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 60, outputWaitMs: 1000 },
      },
    });
    // A stream that receives events and progress while it is open.
    const events = await fetch(`${address}/v1/events`, {
      headers: { accept: 'text/event-stream', authorization: `Bearer ${key}` },
      signal: stream.signal,
    });
    ids.webhooks = [(await created('/v1/webhooks', { url: 'https://receiver.example/hook' })).id];

    await makeMedia(join(folder, 'tone.wav'), ['-f', 'lavfi', '-i', 'sine=d=1', '-c:a', 'pcm_s16le']);
    const bytes = await readFile(join(folder, 'tone.wav'));
    const file = { filename: 'tone.wav', contentType: 'audio/wav', fileSize: bytes.length };
    const { uploadUrl, filename } = (await created('/v1/upload/presigned-url', file)).result;
    await fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': file.contentType }, body: bytes });
    const { fileUrl } = (await created('/v1/upload/confirm', { filename, fileSize: bytes.length })).result;
    ids.uploads = [filename];
    const job = { inputs: [{ url: fileUrl }], outputFormat: 'mp3' };
    const made = await created('/v1/transcodes', job);
    const done = await until(
      async () => {
        const { json } = await call('GET', `/v1/transcodes/${made.id}`);
        return json.completed_at ? json : null;
      },
      { what: 'the end of the job', timeoutMs: 60_000 },
    );
    expect([done.status, done.error_message]).toEqual(['completed', null]);
    ids.jobs!.push(made.id);
    const batch = await created('/v1/transcodes/batch', { jobs: [job, job] });
    ids.batches!.push(batch.id);
    await claimJob(api.context, 'heavy', { worker: { id: made.id, tier: 'bwrap' } });
    // Runs statements of other tasks of the processes.
    await readStatistics(api.context, api.context.kinds.keys());
    await signAuditHead(api.context.db, createSigner(Buffer.alloc(32, 1)));
    await api.database.pg.query('UPDATE objects SET delete_after = now() WHERE id = $1', ids.due);
    // Waits for the last of the tasks that a worker performs for the fleet.
    await until(
      () => find(/from "?setup_links/i) && find(/"?heartbeat_at"? < /i) && find(DUE_UPLOADS) && find(ABANDONED),
      { what: 'a turn of every task' },
    );
    // With another plan, PostgreSQL would read all of a million objects, most of which are deleted.
    for (const statement of [find(DUE_UPLOADS)!, find(ABANDONED)!]) expect(statement.rows).toBeLessThan(MOST_DUE);
    expect(events.ok).toBe(true);
    expect(faults(plans.statements.values())).toEqual([]);
  }, 120_000);

  it.each([
    ['jobs', () => dueJobs(api.database.db).limit(500).explain<PlanLine>('text')],
    ['uploads', () => dueUploads(api.database.db).limit(500).explain<PlanLine>('text')],
  ])(
    'a sweep checks the due %s one by one instead of joining them with the sources of all jobs',
    async (_, explain) => {
      const plan = (await explain()).map((line) => line['QUERY PLAN']).join('\n');
      expect(plan).toContain('SubPlan');
      expect(plan).not.toMatch(/Anti Join|Sort|Seq Scan/);
    },
  );

  it("a page of an operator's list reads only the accounts and entries that it shows", async () => {
    const operator = await signIn();
    const pages = async (path: string) => {
      let after = '';
      for (let page = 0; page < 3; page += 1) {
        const { status, json } = await call('GET', `${path}?limit=50${after}`, undefined, operator);
        expect([status, (json.items ?? json.entries).length]).toEqual([200, 50]);
        after = `&after=${json.next}`;
      }
      return [...plans.statements.values()];
    };
    const accounts = (await pages('/v1/admin/accounts')).filter(({ text }) =>
      / from "accounts" .*order by "name"/.test(text),
    );
    expect(accounts.map(({ scans }) => scans.map(({ node }) => node))).toEqual([['Index Scan'], ['Index Scan']]);
    expect(Math.max(...accounts.map(({ rows }) => rows))).toBe(51);
    const entries = (await pages('/v1/admin/audit')).filter(({ text }) =>
      /^select \* from "audit_log" .*order by "seq" desc/.test(text),
    );
    expect(entries.map(({ rows }) => rows)).toEqual([51, 51]);
  });

  it('the queue for operators is read from counters instead of from the jobs', async () => {
    const before = new Map(plans.statements);
    const { status, json } = await call('GET', '/v1/admin/queue', undefined, await signIn());
    expect([status, json.accounts[0].id]).toEqual([200, ids.accounts![0]]);
    expect(json.waiting).toBeGreaterThan(WAITING / 2);
    const read = [...plans.statements.values()]
      .filter((statement) => before.get(statement.text) !== statement)
      .flatMap(({ scans }) => scans.filter(({ relation }) => relation === 'jobs').map(({ rows }) => rows));
    // The count of jobs that no worker can run is limited to a thousand.
    expect(Math.max(...read)).toBeLessThanOrEqual(1_000);
  });

  it('no query of a request scans a complete table', async () => {
    const { json: document } = await call('GET', '/openapi.json');
    const operator = await signIn();
    ids.keys = [(await created('/v1/keys', { name: 'other', scopes: ['read'] })).id];
    // The requests drain this additional worker, so that the worker above can still describe files for the test below.
    const { rows: workers } = await api.database.pg.query(
      `INSERT INTO workers (id, host, boot, pid, pid_start, version, slots, tier, ffmpeg)
       VALUES (gen_random_uuid(), 'h', 'b', 1, '1', 'v', 2, 'bwrap', '7') RETURNING id`,
    );
    ids.workers = workers.map(({ id }) => id);
    const { events } = (await call('GET', '/v1/events?limit=1')).json;
    await created('/v1/templates', { name: 'one', request: { outputFormat: 'mp4' } });
    ids.templates = ['one', 'one@1'];
    const part = { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 2 ** 30 };
    ids.multipart = [(await created('/v1/upload/multipart', part)).result.uploadId];

    const headersOf = (operation: string) => (/\/v1\/(admin|session)/.test(operation) ? operator : {});
    const cursors = await cursorsOf(document, headersOf);
    for (const path of ['/v1/transcodes', '/v1/uploads', '/v1/batches'])
      expect(cursors.get(`GET ${path}`)).not.toBe('none');
    const responses = await sendAll(requestsOf(document, valuesOf(events[0].id, cursors)), headersOf);
    // A request that is rejected before its first query tests nothing.
    const rejected = [...responses].filter(([, all]) => all.every((one) => /^(401 unauth|403|405|500)/.test(one)));
    expect(rejected).toEqual([]);
    expect(faults(plans.statements.values())).toEqual([]);
  }, 120_000);

  it('no query of a request with a key that sees only its own jobs scans a complete table', async () => {
    const own = { authorization: `Bearer ${ownKey}` };
    const { json: document } = await call('GET', '/openapi.json');
    const page = await call('GET', '/v1/events?limit=1', undefined, own);
    expect(page.json.events).toHaveLength(1);
    Object.assign(ids, { jobs: ids.own, waiting: ids.own });
    const cursors = await cursorsOf(document, () => own);
    const responses = await sendAll(requestsOf(document, valuesOf(page.json.events[0].id, cursors)), () => own);
    const responded = [...responses]
      .filter(([, all]) => all.some((one) => /^(200|409)/.test(one)))
      .map(([name]) => name);
    expect(responded).toEqual(
      expect.arrayContaining([
        ...[
          'GET /v1/jobs',
          'GET /v1/transcodes',
          'GET /v1/transcodes/{id}',
          'GET /v1/transcodes/{id}/events',
          'GET /v1/events',
        ],
        ...['GET /v1/batches/{id}', 'GET /v1/batches/{id}/events', 'PATCH /v1/transcodes/{id}/cancel'],
      ]),
    );
    expect(faults(plans.statements.values())).toEqual([]);
    const count = find(/^select count\(\*\) as "total" from "jobs" where .*"key_id" = /);
    expect(count?.scans.map(({ node }) => node)).toEqual(['Index Only Scan']);
  }, 120_000);

  /** Returns the statuses and codes that each operation returned. */
  async function sendAll(requests: PlannedRequest[], headersOf: (operation: string) => Record<string, string>) {
    const responses = new Map<string, string[]>();
    for (const { operation, method, path, body } of requests) {
      const { status, json } = await call(method, path, body, headersOf(operation));
      responses.set(operation, [...(responses.get(operation) ?? []), `${status} ${json?.code ?? ''}`]);
    }
    return responses;
  }

  async function signIn(): Promise<Record<string, string>> {
    operatorHeaders ??= await signInOperator();
    return operatorHeaders;
  }

  async function signInOperator(): Promise<Record<string, string>> {
    const token = await api.database.db.transaction().execute(async (tx) => {
      const user = await createUser(tx, { accountId: api.account.id, email: 'o@example.org', role: 'operator' }, BY);
      return createSetupLink(tx, user, BY);
    });
    const response = await api.call('POST', '/v1/setup', { token, password: PASSWORD }, { authorization: '' });
    expect(response.status).toBe(201);
    const cookie = /airlock_session=[^;]*/.exec(response.headers.get('set-cookie')!)![0];
    return { authorization: '', cookie, 'x-airlock-csrf': response.json.csrf };
  }

  /** Returns a function for the values of each parameter. It throws for unknown parameters, so a new parameter needs values here. */
  function valuesOf(event: string, cursors: ReadonlyMap<string, string>) {
    const at = (ago: number) => new Date(Date.now() - ago).toISOString();
    const queries: Record<string, string[]> = {
      limit: ['100'],
      page: ['300'],
      since: [at(DAY), at(30 * DAY)],
      until: [at(9 * DAY), at(0)],
      types: ['transcode.completed', 'webhook.test'],
      job: ids.jobs!,
      after: [event],
      wait: ['0'],
      url: ['true'],
      output: ['mp4'],
      file: ['master.m3u8'],
      verify: ['true'],
      period: ['2026-11'],
    };
    const paths: [RegExp, string[]][] = [
      [/cancel$/, ids.waiting!],
      [/transcodes|transcribe|blueprints\/runs/, ids.jobs!],
      [/blueprints/, ['watermark']],
      [/batches/, ids.batches!],
      [/uploads/, ids.uploads!],
      [/multipart/, ids.multipart!],
      [/deliveries/, [...ids.deliveries!, ...ids.webhooks!]],
      [/webhooks/, ids.webhooks!],
      [/keys/, ids.keys!],
      [/accounts/, ids.accounts!],
      [/workers/, ids.workers!],
      [/templates/, ids.templates!],
      [/connections/, ['media']],
    ];
    return ({ operation, name, in: where }: { operation: string; name: string; in: string }) => {
      const found =
        where === 'query'
          ? queries[name]
          : paths.find(([pattern]) => pattern.test(operation.split('{')[0]! + operation.split('}')[1]))?.[1];
      if (!found) throw new Error(`no value is known for ${name} of ${operation}`);
      if (name !== 'after') return found;
      return operation.includes('audit') ? ['10'] : [cursors.get(operation) ?? event];
    };
  }
});
