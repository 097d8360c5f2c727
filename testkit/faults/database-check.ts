import { sql } from 'kysely';
import type { Lane } from './lane.ts';

interface Column {
  table_name: string;
  column_name: string;
}

/** Tables whose rows belong to an account through their job. */
const BY_JOB = new Set(['job_sources', 'attempts']);

/** Returns the columns of all tables that contain the text in plain. */
export async function columnsWith(lane: Lane, marker: string): Promise<string[]> {
  const columns = await columnsOf(
    lane,
    `data_type IN ('text', 'character varying', 'json', 'jsonb', 'bytea', 'ARRAY')`,
  );
  if (columns.length === 0) return [];
  const parts = columns.map(({ table_name, column_name }) => {
    const value = `position('${marker}' in "${column_name}"::text) > 0
      OR position('${Buffer.from(marker).toString('hex')}' in "${column_name}"::text) > 0`;
    return `SELECT '${table_name}.${column_name}' AS name WHERE EXISTS (SELECT FROM "${table_name}" WHERE ${value})`;
  });
  const { rows } = await lane.pool.pg.query(parts.join(' UNION ALL '));
  return rows.map(({ name }) => `a text of the customer in ${name}`);
}

/** Returns the sealed columns that still contain texts of an account's jobs and uploads. */
export async function sealedLeft(lane: Lane, account: string): Promise<string[]> {
  const columns = await columnsOf(lane, `column_name LIKE '%\\_sealed'`);
  const tables = new Set(['jobs', 'job_sources', 'job_outputs', 'attempts', 'uploads', 'batches', 'idempotency_keys']);
  const parts = columns
    .filter(({ table_name }) => tables.has(table_name))
    .map(({ table_name, column_name }) => {
      const owner = BY_JOB.has(table_name)
        ? 'job_id IN (SELECT id FROM jobs WHERE account_id = $1)'
        : 'account_id = $1';
      return `SELECT '${table_name}.${column_name}' AS name
        WHERE EXISTS (SELECT FROM ${table_name} WHERE ${owner} AND ${column_name} IS NOT NULL)`;
    });
  const { rows } = await lane.pool.pg.query(parts.join(' UNION ALL '), [account]);
  return rows.map(({ name }) => `a sealed text is left in ${name}`);
}

async function columnsOf({ context }: Lane, condition: string): Promise<Column[]> {
  const { rows } = await sql<Column>`
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND ${sql.raw(condition)} ORDER BY 1, 2
  `.execute(context.db);
  return rows;
}

export interface EventRow {
  job_id: string | null;
  batch_id: string | null;
  type: string;
  data: { position?: number };
}

export function eventsOf({ context }: Lane, account: string): Promise<EventRow[]> {
  return sql<EventRow>`
    SELECT job_id, batch_id, type, data FROM events WHERE account_id = ${account} ORDER BY tx, id
  `
    .execute(context.db)
    .then(({ rows }) => rows);
}

/** Returns the minutes and jobs that were counted for an account. */
export async function usageOf({ context }: Lane, account: string): Promise<{ minutes: number; jobs: number }> {
  const { rows } = await sql<{ minutes: number; jobs: number }>`
    SELECT coalesce(sum(minutes), 0)::float AS minutes, coalesce(sum(jobs), 0)::int AS jobs
    FROM usage_months WHERE account_id = ${account}
  `.execute(context.db);
  return rows[0]!;
}

/** Returns the jobs and attempts that are still open, by kind and state, and the webhooks that are not sent yet. */
export async function openWork({ context }: Lane, account: string): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    SELECT 'a ' || status || ' ' || kind AS name FROM jobs
      WHERE account_id = ${account} AND status NOT IN ('completed', 'failed', 'canceled')
    UNION ALL SELECT 'a running attempt of a ' || status || ' ' || kind FROM attempts JOIN jobs ON jobs.id = job_id
      WHERE account_id = ${account} AND state = 'running'
    UNION ALL SELECT 'an unsent webhook' FROM webhook_deliveries WHERE account_id = ${account} AND state = 'pending'
  `.execute(context.db);
  return rows.map(({ name }) => name);
}

/** Makes everything of an account due now that waits for its next attempt, so that a run doesn't wait for these pauses. */
export async function skipPauses({ context }: Lane, account: string): Promise<void> {
  await sql`
    UPDATE jobs SET available_at = now()
    WHERE account_id = ${account} AND status = 'pending' AND awaiting IS NULL AND available_at > now()
  `.execute(context.db);
  await sql`
    UPDATE webhook_deliveries SET next_attempt_at = now()
    WHERE account_id = ${account} AND state = 'pending' AND next_attempt_at > now()
  `.execute(context.db);
}
