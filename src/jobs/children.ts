import { sql } from 'kysely';
import { notify } from '../database/notify.ts';
import type { Db, Tx } from '../database/pool.ts';
import { endAttempt } from './attempts.ts';
import type { JobsContext } from './kind.ts';
import { lockOwned } from './read.ts';
import { type Claim, type Job, OPEN_STATUSES } from './rows.ts';

/*
 * A parent waits for its children without a slot: its attempt ends as released, and the job becomes due when the last
 * child is final. Its next attempt reads the results of the children; the parent's kind decides what the failure of a
 * child means. Rows are locked from the children up, never down, which prevents deadlocks.
 */

export function childrenOf(db: Db, parentId: string): Promise<Job[]> {
  return db.selectFrom('jobs').selectAll().where('parent_id', '=', parentId).orderBy('id').execute();
}

/**
 * Returns the job to the queue until all its children are final. Returns false if this attempt no longer owns the job.
 */
export async function waitForChildren(context: JobsContext, claim: Claim): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return false;
    await endAttempt(context, tx, claim, 'released', null, null);
    const isOver = !(await hasOpenChildren(tx, job.id));
    await tx
      .updateTable('jobs')
      .set({
        status: 'pending',
        current_attempt: null,
        available_at: isOver ? job.created_at : sql`'infinity'`,
        updated_at: new Date(),
      })
      .where('id', '=', job.id)
      .execute();
    return true;
  });
}

/** Makes the parent of a job that has just become final due, if this was its last open child. */
export async function wakeParent(tx: Tx, job: Pick<Job, 'parent_id'>): Promise<void> {
  if (job.parent_id === null) return;
  const parent = await tx
    .selectFrom('jobs')
    .select(['id', 'created_at', 'resource_class'])
    .where('id', '=', job.parent_id)
    .where('status', '=', 'pending')
    .where('available_at', '=', sql<Date>`'infinity'`)
    .forUpdate()
    .executeTakeFirst();
  if (!parent || (await hasOpenChildren(tx, parent.id))) return;
  await tx.updateTable('jobs').set({ available_at: parent.created_at }).where('id', '=', parent.id).execute();
  await notify(tx, 'airlock_queue', parent.resource_class);
}

async function hasOpenChildren(tx: Tx, parentId: string): Promise<boolean> {
  const open = await tx
    .selectFrom('jobs')
    .select('id')
    .where('parent_id', '=', parentId)
    .where('status', 'in', OPEN_STATUSES)
    .limit(1)
    .executeTakeFirst();
  return open !== undefined;
}
