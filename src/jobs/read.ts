import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { ResourceClass } from '../database/tables.ts';
import { isUuid } from '../ids/uuid.ts';
import type { Job, JobOutput, JobSource, Ownership } from './rows.ts';

/** Throws the same 404 for an id that is not a UUID, does not exist, or belongs to another account or kind. */
export async function getJob(db: Db, accountId: string, kind: string, id: string): Promise<Job> {
  const row = isUuid(id)
    ? await db
        .selectFrom('jobs')
        .selectAll()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .where('kind', '=', kind)
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ApiError('not_found');
  return row;
}

/** Like `getJob`, and locks the row and those of its descendants until the transaction ends. */
export async function lockJob(tx: Tx, accountId: string, kind: string, id: string): Promise<Job> {
  await getJob(tx, accountId, kind, id);
  await lockDescendants(tx, id);
  return tx.selectFrom('jobs').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
}

/** Locks every descendant of this job, the deepest first. */
async function lockDescendants(tx: Tx, id: string): Promise<void> {
  await sql`
    WITH RECURSIVE below (id, depth) AS (
      SELECT id, 1 FROM jobs WHERE parent_id = ${id}
      UNION ALL SELECT jobs.id, depth + 1 FROM jobs JOIN below ON jobs.parent_id = below.id)
    SELECT jobs.id FROM jobs JOIN below ON below.id = jobs.id ORDER BY depth DESC, jobs.id FOR UPDATE OF jobs`.execute(
    tx,
  );
}

/** Locks and returns the job's row if the attempt still owns the job. */
export async function lockOwned(tx: Tx, claim: Ownership): Promise<Job | undefined> {
  return tx
    .selectFrom('jobs')
    .selectAll()
    .where('id', '=', claim.job.id)
    .where('current_attempt', '=', claim.attemptId)
    .where('status', '=', 'processing')
    .forUpdate()
    .executeTakeFirst();
}

/** Returns inputs only: clients do not see the assets that filters name. */
export async function inputsOf(db: Db, id: string): Promise<JobSource[]> {
  return db
    .selectFrom('job_sources')
    .selectAll()
    .where('job_id', '=', id)
    .where('role', '=', 'input')
    .orderBy('position')
    .execute();
}

export async function outputsOf(db: Db, ids: readonly string[]): Promise<JobOutput[]> {
  if (ids.length === 0) return [];
  return db.selectFrom('job_outputs').selectAll().where('job_id', 'in', ids).orderBy('position').execute();
}

/**
 * Position of a job that is about to be inserted: behind all that wait in its class, except jobs of its account with a
 * lower priority.
 */
export async function lastPosition(
  db: Db,
  { accountId, resourceClass, priority }: { accountId: string; resourceClass: ResourceClass; priority: number },
): Promise<number> {
  const { rows } = await sql<{ position: number }>`
    SELECT 1 - (
      SELECT count(*) FROM jobs WHERE status = 'pending' AND account_id = ${accountId}
        AND resource_class = ${resourceClass} AND priority < ${priority}
    ) + coalesce(sum(${sql.ref(`waiting_${resourceClass}`)}), 0) AS position
    FROM account_schedule WHERE ${sql.ref(`next_${resourceClass}`)} IS NOT NULL`.execute(db);
  return Math.max(1, Number(rows[0]!.position));
}

/**
 * Positions in the queue by job id: 1 is the next job of its resource class. Counts older jobs of all accounts, but those
 * of its own account by their priority first. Omits jobs that do not wait.
 */
export async function queuePositions(
  db: Db,
  jobs: readonly Pick<Job, 'id' | 'status'>[],
): Promise<Map<string, number>> {
  const waiting = jobs.filter((job) => job.status === 'pending').map((job) => job.id);
  if (waiting.length === 0) return new Map();
  const { rows } = await sql<{ id: string; position: number }>`
    SELECT mine.id, (older.count + preferred.count)::int AS position
    FROM jobs mine
    CROSS JOIN LATERAL (
      SELECT count(*) FROM jobs ahead
      WHERE ahead.resource_class = mine.resource_class AND ahead.status = 'pending'
        AND (ahead.created_at, ahead.id) <= (mine.created_at, mine.id)
        AND (ahead.account_id <> mine.account_id OR ahead.priority >= mine.priority)
    ) AS older
    CROSS JOIN LATERAL (
      SELECT count(*) FROM jobs ahead
      WHERE ahead.account_id = mine.account_id AND ahead.resource_class = mine.resource_class
        AND ahead.status = 'pending' AND ahead.priority > mine.priority
        AND (ahead.created_at, ahead.id) > (mine.created_at, mine.id)
    ) AS preferred
    WHERE mine.id = ANY(${waiting}::uuid[])`.execute(db);
  return new Map(rows.map((row) => [row.id, row.position]));
}
