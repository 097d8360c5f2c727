import { sql } from 'kysely';
import { databaseNow } from '../database/clock.ts';
import { notify } from '../database/notify.ts';
import type { Db, Tx } from '../database/pool.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { releaseAttempt, WITHOUT_ATTEMPT } from './release-attempt.ts';
import type { Claim, Job } from './rows.ts';

/** The share of the children's work in the progress of their parent. The rest is the parent's work on the results of the children. */
export const CHILDREN_SHARE = 0.98;

/*
 * A parent waits for its children without a slot: its attempt ends as released, and the job becomes due when the last child is final. Its
 * next attempt reads the results of the children. The parent's kind determines the effect of a failed child. Rows are locked from the
 * children up, never down, which prevents deadlocks.
 */

export function childrenOf(db: Db, parentId: string): Promise<Job[]> {
  return db.selectFrom('jobs').selectAll().where('parent_id', '=', parentId).orderBy('id').execute();
}

/**
 * Ends the attempt of a parent as released. The parent is due again once all its children are final. Returns false if this attempt no
 * longer owns the job.
 */
export async function waitForChildren(context: JobsContext, claim: Claim): Promise<boolean> {
  return context.db.transaction().execute(async (tx) => {
    const job = await releaseAttempt(context, tx, claim);
    if (!job) return false;
    const children = await countOpenChildren(tx, job.id);
    await tx
      .updateTable('jobs')
      .set({
        ...WITHOUT_ATTEMPT,
        available_at: job.created_at,
        awaiting: children === 0 ? null : 'children',
        updated_at: databaseNow,
      })
      .where('id', '=', job.id)
      .execute();
    if (children === 0) await notify(tx, 'airlock_queue', job.resource_class);
    else await recordJobEvent(context, tx, job, 'awaiting_children', { children });
    return true;
  });
}

/** Updates the progress of the parent of a job that has just become final. If the job was the last open child, the parent becomes due. */
export async function wakeParent(tx: Tx, job: Pick<Job, 'parent_id'>): Promise<void> {
  if (job.parent_id === null) return;
  // Lock the parent in any state: a parent that is about to wait sees that this child is final, or this transaction sees that the parent
  // waits.
  const parent = await tx
    .selectFrom('jobs')
    .select(['id', 'created_at', 'resource_class', 'status', 'awaiting'])
    .where('id', '=', job.parent_id)
    .forUpdate()
    .executeTakeFirst();
  if (parent?.status !== 'pending' || parent.awaiting !== 'children') return;
  await followChildren(tx, parent.id);
  if ((await countOpenChildren(tx, parent.id)) > 0) return;
  await tx
    .updateTable('jobs')
    .set({ awaiting: null, available_at: parent.created_at, speed: null, fps: null, eta_seconds: null })
    .where('id', '=', parent.id)
    .execute();
  await notify(tx, 'airlock_queue', parent.resource_class);
}

/**
 * Writes the progress of a parent that waits: the share of the seconds of media that its children have completed, their total speed in
 * seconds of media per second, and the remaining seconds at that speed. A child whose facts have no `seconds`, such as the audio of a
 * video, does not count. If no child has `seconds`, the progress is the mean progress of the children.
 */
export async function followChildren(db: Db, parentId: string): Promise<void> {
  await sql`
    UPDATE jobs SET updated_at = now(), speed = total.speed, fps = total.fps,
      progress = ${CHILDREN_SHARE} * coalesce(total.done / nullif(total.seconds, 0), total.mean, 0),
      eta_seconds = least(round((total.seconds - total.done) / nullif(total.speed, 0)), 2147483647)
    FROM (
      SELECT sum(seconds) AS seconds, sum(seconds * progress) AS done, avg(progress) AS mean,
        sum(speed) FILTER (WHERE status = 'processing' AND seconds > 0) AS speed,
        sum(fps) FILTER (WHERE status = 'processing' AND seconds > 0) AS fps
      FROM (
        SELECT status, progress, speed, fps, (request_facts->>'seconds')::float8 AS seconds
        FROM jobs WHERE parent_id = ${parentId}) AS child
    ) AS total
    WHERE id = ${parentId} AND status = 'pending' AND awaiting = 'children'`.execute(db);
}

async function countOpenChildren(tx: Tx, parentId: string): Promise<number> {
  const { open } = await tx
    .selectFrom('jobs')
    .select(({ fn }) => fn.countAll<string>().as('open'))
    .where('parent_id', '=', parentId)
    .where('completed_at', 'is', null)
    .executeTakeFirstOrThrow();
  return Number(open);
}
