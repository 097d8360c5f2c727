import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { isUuid } from '../crypto/uuid.ts';
import { compileOnce } from '../database/compile-once.ts';
import { OUTPUT_COLUMNS, SOURCE_COLUMNS } from '../database/every-column.ts';
import type { Db, Tx } from '../database/pool.ts';
import { JOB_COLUMNS, type Job, type JobOutput, type JobSource, type Ownership } from './rows.ts';

/** Returns a job. Throws the same 404 for an id that is not a UUID, does not exist, or belongs to another account or kind. */
export async function getJob(db: Db, accountId: string, kind: string, id: string): Promise<Job> {
  const [row] = isUuid(id) ? await selectJob(db, { accountId, kind, id }) : [];
  if (!row) throw new ApiError('not_found');
  return row;
}

/** Returns the status of a job, and the event that the job awaits. Throws like `getJob`. */
export async function getStatus(
  db: Db,
  accountId: string,
  kind: string,
  id: string,
): Promise<Pick<Job, 'id' | 'status' | 'awaiting'>> {
  const [row] = isUuid(id) ? await selectStatus(db, { accountId, kind, id }) : [];
  if (!row) throw new ApiError('not_found');
  return row;
}

interface NamedJob {
  accountId: string;
  kind: string;
  id: string;
}

const selectJob = compileOnce((db, named: NamedJob) => ownJob(db, named).select(JOB_COLUMNS));
const selectStatus = compileOnce((db, named: NamedJob) => ownJob(db, named).select(['id', 'status', 'awaiting']));

function ownJob(db: Db, { accountId, kind, id }: NamedJob) {
  return db.selectFrom('jobs').where('id', '=', id).where('account_id', '=', accountId).where('kind', '=', kind);
}

/** Like `getJob`, and locks the row and the rows of its descendants until the transaction ends. */
export async function lockJob(tx: Tx, accountId: string, kind: string, id: string): Promise<Job> {
  await getJob(tx, accountId, kind, id);
  await lockDescendants(tx, id);
  return tx.selectFrom('jobs').select(JOB_COLUMNS).where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
}

/** Locks every descendant of this job, the deepest first. Lock descendants before the job itself, like a child that ends. */
export async function lockDescendants(tx: Tx, id: string): Promise<void> {
  await sql`
    ${below(id)}
    SELECT jobs.id FROM jobs JOIN below ON below.id = jobs.id ORDER BY depth DESC, jobs.id FOR UPDATE OF jobs`.execute(
    tx,
  );
}

/** Returns the ids of the descendants of a job: its children, and the children of its children. */
export async function descendantsOf(db: Db, id: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`${below(id)} SELECT id FROM below`.execute(db);
  return rows.map((row) => row.id);
}

function below(id: string) {
  return sql`
    WITH RECURSIVE below (id, depth) AS (
      SELECT id, 1 FROM jobs WHERE parent_id = ${id}
      UNION ALL SELECT jobs.id, depth + 1 FROM jobs JOIN below ON jobs.parent_id = below.id)`;
}

/** Locks and returns the job's row if the attempt still owns the job. */
export async function lockOwned(tx: Tx, claim: Ownership): Promise<Job | undefined> {
  return tx
    .selectFrom('jobs')
    .select(JOB_COLUMNS)
    .where('id', '=', claim.job.id)
    .where('current_attempt', '=', claim.attemptId)
    .where('status', '=', 'processing')
    .forUpdate()
    .executeTakeFirst();
}

/** Returns the inputs of a job, without the assets that filters name, because clients do not see assets. */
export async function inputsOf(db: Db, id: string): Promise<JobSource[]> {
  return selectInputs(db, { id });
}

const selectInputs = compileOnce((db, { id }: Pick<Job, 'id'>) =>
  db
    .selectFrom('job_sources')
    .select(SOURCE_COLUMNS)
    .where('job_id', '=', id)
    .where('role', '=', 'input')
    .orderBy('position'),
);

export async function outputsOf(db: Db, ids: readonly string[]): Promise<JobOutput[]> {
  return ids.length === 0 ? [] : selectOutputs(db, { ids });
}

const selectOutputs = compileOnce((db, { ids }: { ids: readonly string[] }) =>
  db
    .selectFrom('job_outputs')
    .select(OUTPUT_COLUMNS)
    .where('job_id', '=', sql<string>`ANY(${ids}::uuid[])`)
    .orderBy('position'),
);
