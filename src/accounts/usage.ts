import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { compileOnce } from '../database/compile-once.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { Account } from './accounts.ts';

/** SQL for the first day of the current month in UTC. */
const currentMonth = sql<string>`date_trunc('month', now() AT TIME ZONE 'UTC')::date`;

/** Returns the current month in UTC, as `YYYY-MM`. */
export async function readMonth(db: Db): Promise<string> {
  const { rows } = await sql<{ month: string }>`SELECT to_char(${currentMonth}, 'YYYY-MM') AS month`.execute(db);
  return rows[0]!.month;
}

/** Returns the minutes that the account has used in the current month. */
export async function usedMinutes(db: Db, accountId: string): Promise<number> {
  const row = await db
    .selectFrom('usage_months')
    .select('minutes')
    .where('account_id', '=', accountId)
    .where('month', '=', currentMonth)
    .executeTakeFirst();
  return row?.minutes ?? 0;
}

/** Counts a job that completes now, for its month and its day in UTC. */
export async function addUsage(tx: Tx, accountId: string, minutes: number): Promise<void> {
  await insertUsage(tx, { accountId, minutes });
}

const insertUsage = compileOnce(
  (_db, { accountId, minutes }: { accountId: string; minutes: number }) => sql`
    WITH month AS (
      INSERT INTO usage_months AS counted (account_id, month, minutes, jobs)
      VALUES (${accountId}, ${currentMonth}, ${minutes}, 1)
      ON CONFLICT (account_id, month)
      DO UPDATE SET minutes = counted.minutes + EXCLUDED.minutes, jobs = counted.jobs + 1
    )
    INSERT INTO usage_days AS counted (account_id, day, minutes, jobs)
    VALUES (${accountId}, (now() AT TIME ZONE 'UTC')::date, ${minutes}, 1)
    ON CONFLICT (account_id, day)
    DO UPDATE SET minutes = counted.minutes + EXCLUDED.minutes, jobs = counted.jobs + 1`,
);

/** Returns the usage of the jobs that completed in a month, by day and in total. `month` is the first day of the month. */
export async function usageOf(db: Db, accountId: string, month: string) {
  const [total, days] = await Promise.all([
    db
      .selectFrom('usage_months')
      .select(['minutes', 'jobs'])
      .where('account_id', '=', accountId)
      .where('month', '=', month)
      .executeTakeFirst(),
    db
      .selectFrom('usage_days')
      .select([sql<string>`to_char(day, 'YYYY-MM-DD')`.as('day'), 'minutes', 'jobs'])
      .where('account_id', '=', accountId)
      .where('day', '>=', month)
      .where('day', '<', sql<string>`(${month}::date + interval '1 month')`)
      .orderBy('day')
      .execute(),
  ]);
  return { minutes: total?.minutes ?? 0, jobs: total?.jobs ?? 0, days };
}

/** Returns the minutes that waiting and running jobs will use when they complete. Inputs of unknown duration do not count. */
async function promisedMinutes(db: Db, accountId: string): Promise<number> {
  const { rows } = await sql<{ minutes: number }>`
    SELECT coalesce(sum(minutes), 0)::float8 AS minutes FROM (
      SELECT ceil(sum((inputs.probe->'summary'->>'duration_seconds')::float8) / 60) AS minutes
      FROM jobs JOIN job_sources inputs ON inputs.job_id = jobs.id AND inputs.role = 'input'
      WHERE jobs.account_id = ${accountId} AND jobs.status IN ('pending', 'processing') AND jobs.parent_id IS NULL
      GROUP BY jobs.id
    ) AS open`.execute(db);
  return rows[0]!.minutes;
}

/**
 * Throws 402 if `required` minutes exceed the monthly minutes of the account that remain after its open jobs. Exact while the caller holds
 * the account's lock.
 */
export async function checkQuota(db: Db, account: Account, required: number): Promise<void> {
  if (account.monthly_minutes === null) return;
  // In this order, a job that completes in between is counted twice rather than missed.
  const promised = await promisedMinutes(db, account.id);
  const used = await usedMinutes(db, account.id);
  const remaining = Math.max(0, account.monthly_minutes - used - promised);
  if (required > remaining || remaining === 0) {
    throw new ApiError('quota_exceeded', {
      quotaExceeded: true,
      metric: 'minutes',
      required,
      limit: account.monthly_minutes,
      remaining,
    });
  }
}
