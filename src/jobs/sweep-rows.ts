import { type RawBuilder, sql } from 'kysely';
import { secondsAgo } from '../database/clock.ts';
import { EVENT_DAYS } from '../events/read.ts';
import { ENDED_DELIVERY } from './delivery.ts';
import type { JobsContext } from './kind.ts';

/** Days for which the rows of erased jobs, which contain no names, stay readable. */
const ROW_DAYS = 30;
/** Hours for which the responses to requests with an Idempotency-Key are kept. Longer than the 24 hours that docs/api.md promises. */
const IDEMPOTENCY_HOURS = 25;
/**
 * Maximum number of rows that one statement changes. The statement locks these rows, and a deletion also deletes dependent rows of other
 * tables.
 */
const BATCH = 200;

interface Sweep {
  table:
    | 'events'
    | 'idempotency_keys'
    | 'uploads'
    | 'jobs'
    | 'job_outputs'
    | 'batches'
    | 'objects'
    | 'rate_limits'
    | 'sessions'
    | 'setup_links'
    | 'upload_tokens';
  /** Condition on a row that is no longer needed. */
  over: RawBuilder<unknown>;
  /** Column of an index that contains these rows in order. */
  by: string;
  /** The change to make instead of deleting the row. */
  set?: RawBuilder<unknown>;
}

const daysAgo = (days: number) => secondsAgo(sql.lit(days * 86_400));
const rowsEnd = daysAgo(ROW_DAYS);

/**
 * Returns the condition that a query has no rows. This is a scalar subquery, because the planner may turn NOT EXISTS into a join that reads
 * the other table completely.
 */
function none(from: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql`(SELECT true ${from} LIMIT 1) IS NULL`;
}

/** Rows with an id, which are deleted one by one if a batch fails. */
const ROWS: readonly Sweep[] = [
  // When the URL has expired, the client that confirmed the upload has received the response.
  {
    table: 'uploads',
    over: sql`refusal_sealed IS NOT NULL AND url_expires_at < now()`,
    by: 'url_expires_at',
    set: sql`refusal_sealed = NULL`,
  },
  // If a release that does not know destinations ends a job, it does not delete their secrets.
  {
    table: 'job_outputs',
    over: sql`destination_sealed IS NOT NULL
      AND (SELECT completed_at FROM jobs WHERE jobs.id = job_outputs.job_id) IS NOT NULL`,
    by: 'id',
    set: ENDED_DELIVERY,
  },
  { table: 'jobs', over: sql`erased_at IS NOT NULL AND completed_at < ${rowsEnd}`, by: 'completed_at' },
  { table: 'batches', over: sql`expires_at < ${rowsEnd}`, by: 'expires_at' },
  {
    table: 'uploads',
    over: sql`state = 'deleted' AND created_at < ${rowsEnd}
      AND ${none(sql`FROM job_sources WHERE job_sources.upload_id = uploads.id`)}`,
    by: 'created_at',
  },
  {
    table: 'objects',
    over: sql`state = 'deleted' AND deleted_at < ${rowsEnd}
      AND ${none(sql`FROM uploads WHERE uploads.object_id = objects.id`)}
      AND ${none(sql`FROM job_outputs WHERE job_outputs.object_id = objects.id`)}
      AND ${none(sql`FROM jobs WHERE jobs.id = objects.job_id`)}
      AND ${none(sql`FROM job_sources WHERE job_sources.object_id = objects.id`)}`,
    by: 'deleted_at',
  },
];

/** Rows without references from other tables. In most of these tables, a worker may read only the column `by`. */
const RANGES: readonly Sweep[] = [
  { table: 'events', over: sql`created_at < ${daysAgo(EVENT_DAYS)}`, by: 'created_at' },
  {
    table: 'idempotency_keys',
    over: sql`created_at < ${secondsAgo(sql.lit(IDEMPOTENCY_HOURS * 3600))}`,
    by: 'created_at',
  },
  { table: 'rate_limits', over: sql`expire < (extract(epoch FROM now()) * 1000)::bigint`, by: 'expire' },
  { table: 'sessions', over: sql`expires_at < now()`, by: 'expires_at' },
  { table: 'setup_links', over: sql`expires_at < now()`, by: 'expires_at' },
  // For a day, a page that sends an expired token learns that the token has expired.
  { table: 'upload_tokens', over: sql`expires_at < ${daysAgo(1)}`, by: 'expires_at' },
];

/**
 * Deletes rows that are no longer needed, batch by batch, until none is left or `signal` aborts. A failure of one table or row does not
 * stop the others. The first error of a table is thrown at the end.
 */
export async function sweepRows(context: JobsContext, signal?: AbortSignal): Promise<void> {
  const errors: unknown[] = [];
  const drain = async (sweep: Sweep, batch: (context: JobsContext, sweep: Sweep) => Promise<boolean>) => {
    try {
      while (!signal?.aborted && (await batch(context, sweep))) {}
    } catch (error) {
      errors.push(error);
    }
  };
  for (const sweep of RANGES) await drain(sweep, sweepRange);
  for (const sweep of ROWS) await drain(sweep, sweepIds);
  if (errors.length > 0) throw errors[0];
}

/** Changes or deletes a batch of rows by their ids. Returns whether more rows may be left. */
async function sweepIds({ db, rows }: JobsContext, sweep: Sweep): Promise<boolean> {
  const resting = rows.resting('cleanup');
  const { rows: found } = await sql<{ id: string }>`
    SELECT id FROM ${sql.table(sweep.table)} WHERE ${sweep.over} AND id <> ALL(${resting}::uuid[])
    ORDER BY ${sql.ref(sweep.by)} LIMIT ${BATCH}`.execute(db);
  if (found.length === 0) return false;
  const change = (ids: readonly string[]) =>
    sql`${changeOf(sweep)} WHERE id = ANY(${ids}::uuid[]) AND ${sweep.over}`.execute(db);
  try {
    await change(found.map(({ id }) => id));
    return found.length === BATCH;
  } catch {
    const done = await rows.each('cleanup', found, ({ id }) => change([id]), { idOf: ({ id }) => id });
    return done > 0 && found.length === BATCH;
  }
}

/**
 * Deletes all rows up to the last row of a batch, and returns whether more rows may be left. Rows of one transaction have the same time,
 * and are deleted together. Needs two statements: the planner has to know the bound, or it would read the table from its start.
 */
async function sweepRange({ db }: JobsContext, sweep: Sweep): Promise<boolean> {
  const by = sql.ref(sweep.by);
  const { rows } = await sql<{ last: string | null; found: number }>`
    SELECT max(${by})::text AS last, count(*)::int AS found FROM (
      SELECT ${by} FROM ${sql.table(sweep.table)} WHERE ${sweep.over} ORDER BY ${by} LIMIT ${BATCH}) AS batch`.execute(
    db,
  );
  const { last, found } = rows[0]!;
  if (last === null) return false;
  await sql`${changeOf(sweep)} WHERE ${by} <= ${last}`.execute(db);
  return found === BATCH;
}

function changeOf({ table, set }: Sweep): RawBuilder<unknown> {
  return set ? sql`UPDATE ${sql.table(table)} SET ${set}` : sql`DELETE FROM ${sql.table(table)}`;
}
