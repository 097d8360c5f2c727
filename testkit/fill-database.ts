import type pg from 'pg';

/** Number of accounts. The first account owns seven of ten jobs. */
const ACCOUNTS = 10;
/** Number of running jobs. It is below the maximum of an account. */
const RUNNING = 5;
/** Number of seconds over which the jobs were created. Nine of ten jobs have been erased by retention. */
const SPAN_SECONDS = 1_000_000;

export interface Filled {
  /** Id of the account that owns most jobs, and all waiting jobs. */
  accountId: string;
}

/**
 * Fills a migrated database with jobs, the newest of which wait, and with the rows that belong to them: uploads, objects, sources, outputs,
 * attempts, events, deliveries and idempotency keys. Also adds templates, connections and upload tokens. No job can run, because no row has
 * a text and no object has bytes. The attempts and live objects are so new that no sweep selects them. Needs a connection of the superuser.
 */
export async function fillDatabase(
  database: pg.ClientBase,
  { jobs, waiting }: { jobs: number; waiting: number },
): Promise<Filled> {
  // Inserts the rows without foreign keys and triggers, because the rows are consistent and are counted at the end.
  await database.query('SET session_replication_role = replica; SET statement_timeout = 0');
  await database.query(
    `INSERT INTO accounts (id, name, max_queued) SELECT gen_random_uuid(), 'filled-' || n, $2 FROM generate_series(1, $1::int) AS n`,
    [ACCOUNTS, Math.max(10_000, 2 * waiting)],
  );
  await database.query(SEEDS, [jobs, waiting, RUNNING, SPAN_SECONDS, ACCOUNTS]);
  for (const statement of ROWS) await database.query(statement);
  await database.query('SET session_replication_role = DEFAULT');
  await database.query('VACUUM ANALYZE');
  const { rows } = await database.query<{ id: string }>(`SELECT id FROM accounts WHERE name = 'filled-1'`);
  return { accountId: rows[0]!.id };
}

/** Returns an id as the program makes ids, which are ordered by time. */
const idAt = (at: string, salt: string) =>
  `(lpad(to_hex((extract(epoch FROM ${at}) * 1000)::bigint), 12, '0') || '7' || substr(md5(${salt}), 1, 3) || '8' || substr(md5(${salt}), 4, 15))::uuid`;

/** One row for each job, from which all other rows are made. */
const SEEDS = `
  CREATE TEMPORARY TABLE seeds AS
  SELECT n, at, account.id AS account_id, ${idAt('at', `'job' || n`)} AS job_id, ${idAt('at', `'upload' || n`)} AS upload_id,
    ${idAt('at', `'source' || n`)} AS source_id, ${idAt('at', `'output' || n`)} AS output_id, ${idAt('at', `'attempt' || n`)} AS attempt_id,
    CASE WHEN n > $1::int - $2::int THEN 'pending' WHEN n > $1::int - $2::int - $3::int THEN 'processing'
      WHEN n % 1000 = 0 THEN 'failed' WHEN n % 1000 = 1 THEN 'canceled' ELSE 'completed' END AS status,
    CASE WHEN n > $1::int - $2::int OR n % 3 = 0 THEN 'heavy' ELSE 'light' END AS resource_class,
    CASE WHEN n % 50 = 0 THEN ${idAt('at', `'batch' || n`)} END AS batch_id,
    at < now() - interval '1 day' AS is_erased
  FROM generate_series(1, $1::int) AS n
    CROSS JOIN LATERAL (SELECT now() - make_interval(secs => $4::float8 * ($1::int - n) / $1::int) AS at) AS time
    JOIN (SELECT id, substr(name, 8)::int AS number FROM accounts WHERE name LIKE 'filled-%') AS account
      ON account.number = CASE WHEN n % 10 < 7 OR n > $1::int - $2::int THEN 1 ELSE 2 + n % ($5::int - 1) END`;
// PostgreSQL cannot infer the type of a parameter in a CREATE TABLE AS statement.

const ROWS = [
  `INSERT INTO jobs (id, account_id, kind, resource_class, status, batch_id, batch_index, available_at, fetches, request_facts,
      current_attempt, attempts, retention_seconds, created_at, updated_at, started_at, completed_at, expires_at, erased_at, erased_reason)
    SELECT job_id, account_id, 'transcode', resource_class, status, batch_id, CASE WHEN batch_id IS NOT NULL THEN 0 END, at, false,
      '{"v": 1, "source": "preset", "output_format": "mp4"}', CASE WHEN status <> 'pending' THEN attempt_id END,
      CASE WHEN status <> 'pending' THEN 1 ELSE 0 END, 86400, at, at, CASE WHEN status <> 'pending' THEN at END,
      CASE WHEN status NOT IN ('pending', 'processing') THEN at + interval '1 s' END,
      CASE WHEN status NOT IN ('pending', 'processing') THEN at + interval '1 day' END,
      CASE WHEN is_erased THEN at + interval '1 day' END, CASE WHEN is_erased THEN 'retention' END FROM seeds`,
  `INSERT INTO objects (id, account_id, key, kind, job_id, content_type, size, state, deletion_reason, delete_after, created_at, deleted_at)
    SELECT source_id, account_id, 'uploads/' || account_id || '/' || source_id, 'upload', NULL, 'video/mp4', 1000,
      CASE WHEN is_erased THEN 'deleted' ELSE 'live' END, CASE WHEN is_erased THEN 'retention' END, at + interval '1 day',
      CASE WHEN is_erased THEN at ELSE now() END, CASE WHEN is_erased THEN at + interval '1 day' END FROM seeds
    UNION ALL
    SELECT output_id, account_id, 'outputs/' || account_id || '/' || job_id || '/' || attempt_id || '.mp4', 'output', job_id, 'video/mp4', 1000,
      CASE WHEN is_erased THEN 'deleted' ELSE 'live' END, CASE WHEN is_erased THEN 'retention' END, at + interval '1 day',
      CASE WHEN is_erased THEN at ELSE now() END, CASE WHEN is_erased THEN at + interval '1 day' END FROM seeds WHERE status = 'completed'`,
  `INSERT INTO uploads (id, account_id, staging_key, object_id, name_fingerprint, declared_type, declared_size, state, url_expires_at,
      staging_closed_at, created_at, confirmed_at)
    SELECT upload_id, account_id, 'staging/' || account_id || '/' || upload_id, source_id, decode(md5('upload' || n), 'hex'), 'video/mp4', 1000,
      CASE WHEN is_erased THEN 'deleted' ELSE 'confirmed' END, at + interval '15 min', at, at, at FROM seeds`,
  `INSERT INTO job_sources (job_id, position, upload_id, object_id) SELECT job_id, 0, upload_id, source_id FROM seeds`,
  `INSERT INTO job_outputs (id, job_id, account_id, position, format, status, object_id)
    SELECT output_id, job_id, account_id, 0, 'mp4', CASE WHEN status = 'completed' THEN 'completed' ELSE 'pending' END,
      CASE WHEN status = 'completed' THEN output_id END FROM seeds`,
  `INSERT INTO attempts (id, job_id, number, worker_id, state, tier, started_at, heartbeat_at, ended_at, cleaned_at)
    SELECT attempt_id, job_id, 1, gen_random_uuid(), CASE status WHEN 'processing' THEN 'running' ELSE status END, 'bwrap', at,
      now() + interval '1 day',
      CASE WHEN status <> 'processing' THEN at END, CASE WHEN status <> 'processing' THEN at END FROM seeds WHERE status <> 'pending'`,
  // Distributes the events over past transactions, in their order.
  `INSERT INTO events (tx, account_id, type, job_id, data, created_at)
    SELECT (3 + (pg_current_xact_id()::text::bigint - 4) * n / (SELECT max(n) FROM seeds))::text::xid8, account_id, type, job_id, '{"v": 1}', at
    FROM seeds JOIN unnest(ARRAY['transcode.queued', 'transcode.started', 'transcode.completed']) WITH ORDINALITY AS types (type, step)
      ON step <= CASE status WHEN 'pending' THEN 1 WHEN 'processing' THEN 2 ELSE 3 END
    WHERE at > now() - interval '7 days' ORDER BY n, step`,
  `INSERT INTO batches (id, account_id, total, accepted, retention_seconds, created_at, completed_at, expires_at)
    SELECT batch_id, account_id, 1, 1, 86400, at, CASE WHEN is_erased THEN at END, CASE WHEN is_erased THEN at + interval '1 day' END
    FROM seeds WHERE batch_id IS NOT NULL`,
  `INSERT INTO webhook_deliveries (id, account_id, webhook_id, endpoint, event_tx, event_id, type, job_id, state, created_at, next_attempt_at)
    SELECT gen_random_uuid(), account_id, NULL, account_id, tx, id, type, job_id, 'delivered', created_at, NULL
    FROM events WHERE type = 'transcode.completed'`,
  `INSERT INTO idempotency_keys (account_id, route, key, request_print, status, job_id, created_at)
    SELECT account_id, 'transcodes', md5('key' || n), '', 201, job_id, at FROM seeds WHERE at > now() - interval '1 day'`,
  `INSERT INTO account_schedule (account_id, next_light, next_heavy, waiting_light, waiting_heavy, running, running_heavy)
    SELECT account_id,
      min(at) FILTER (WHERE status = 'pending' AND resource_class = 'light'),
      min(at) FILTER (WHERE status = 'pending' AND resource_class = 'heavy'),
      count(*) FILTER (WHERE status = 'pending' AND resource_class = 'light'),
      count(*) FILTER (WHERE status = 'pending' AND resource_class = 'heavy'),
      count(*) FILTER (WHERE status = 'processing'), count(*) FILTER (WHERE status = 'processing' AND resource_class = 'heavy')
    FROM seeds GROUP BY account_id`,
  `INSERT INTO job_counts (account_id, kind, status, jobs)
    SELECT account_id, kind, status, count(*) FROM jobs GROUP BY account_id, kind, status`,
  `INSERT INTO account_storage (account_id, shard, object_bytes, confirmed)
    SELECT account_id, 0, sum(size), count(*) FILTER (WHERE kind = 'upload') FROM objects WHERE state = 'live' GROUP BY account_id`,
  // Inserts fifty templates, connections and upload tokens for each of many further account ids, which no request reads.
  `INSERT INTO templates (id, account_id, name, latest, created_at)
    SELECT job_id, md5('templates' || n / 50)::uuid, 'template-' || n, 1, at FROM seeds`,
  `INSERT INTO template_versions (template_id, account_id, version, created_at)
    SELECT job_id, md5('templates' || n / 50)::uuid, 1, at FROM seeds`,
  `INSERT INTO connections (id, account_id, name, access_sealed)
    SELECT job_id, md5('connections' || n / 50)::uuid, 'connection-' || n, '' FROM seeds`,
  `INSERT INTO upload_tokens (id, account_id, token_hash, key_id, max_bytes, max_files, expires_at)
    SELECT job_id, md5('tokens' || n / 50)::uuid, decode(md5('token' || n), 'hex'), job_id, 1000, 10, now() + n * interval '1 s' FROM seeds`,
  'DROP TABLE seeds',
];
