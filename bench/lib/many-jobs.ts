import type pg from 'pg';

/** Number of accounts in addition to the default account, which has seven of ten jobs. */
const OTHERS = 9;

export interface Filled {
  /** Number of jobs of the default account. */
  listed: number;
  /** Time after which the newest thousandth of all jobs was updated, and time before which the oldest thousandth was updated. */
  recent: string;
  old: string;
}

/** Replaces all jobs with `count` final jobs, a second apart, of which every thousandth has failed. Requires the superuser. */
export async function fillWithJobs(database: pg.Client, count: number): Promise<Filled> {
  await database.query('TRUNCATE jobs CASCADE');
  await database.query('TRUNCATE account_schedule, job_counts');
  await database.query(
    `INSERT INTO accounts (id, name) SELECT gen_random_uuid(), 'bench-' || n FROM generate_series(1, $1) AS n
     ON CONFLICT DO NOTHING`,
    [OTHERS],
  );
  // The trigger counts job by job. This statement counts all jobs at once.
  await database.query('ALTER TABLE jobs DISABLE TRIGGER USER');
  await database.query(
    `WITH owner AS (SELECT id, row_number() OVER (ORDER BY name <> 'default', name) - 1 AS place FROM accounts)
     INSERT INTO jobs (id, account_id, kind, resource_class, status, available_at, fetches, request_facts,
         retention_seconds, created_at, updated_at, started_at, completed_at)
       SELECT gen_random_uuid(), owner.id, 'transcode', 'light',
         CASE WHEN n % 1000 = 0 THEN 'failed' ELSE 'completed' END, at, false,
         '{"v": 1, "source": "preset", "output_format": "mp4"}', 600, at, at, at, at
       FROM generate_series(1, $1::int) AS n
         CROSS JOIN LATERAL (SELECT now() - make_interval(secs => $1::int - n) AS at) AS time
         JOIN owner ON owner.place = CASE WHEN n % 10 < 7 THEN 0 ELSE 1 + n % $2::int END`,
    [count, OTHERS],
  );
  await database.query(
    `INSERT INTO job_sources (job_id, position) SELECT id, 0 FROM jobs;
     INSERT INTO job_outputs (id, job_id, account_id, position, format)
       SELECT gen_random_uuid(), id, account_id, 0, 'mp4' FROM jobs;
     INSERT INTO account_schedule (account_id) SELECT DISTINCT account_id FROM jobs;
     INSERT INTO job_counts (account_id, kind, status, jobs)
       SELECT account_id, kind, status, count(*) FROM jobs GROUP BY account_id, kind, status;
     ALTER TABLE jobs ENABLE TRIGGER USER`,
  );
  await database.query('VACUUM ANALYZE jobs, job_sources, job_outputs, account_schedule, job_counts');
  const { rows } = await database.query<{ listed: number; first: Date; last: Date }>(
    `SELECT count(*)::int AS listed, min(jobs.created_at) AS first, max(jobs.created_at) AS last
     FROM jobs JOIN accounts ON accounts.id = jobs.account_id WHERE accounts.name = 'default'`,
  );
  const { listed, first, last } = rows[0]!;
  const part = (last.getTime() - first.getTime()) / 1000;
  return {
    listed,
    recent: new Date(last.getTime() - part).toISOString(),
    old: new Date(first.getTime() + part).toISOString(),
  };
}
