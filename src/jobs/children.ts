import { sql, type Updateable } from 'kysely';
import { databaseNow } from '../database/clock.ts';
import { notify } from '../database/notify.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { JobsTable } from '../database/tables.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import { getObject, type StoredObject } from '../objects/objects.ts';
import { inspectionJson } from '../uploads/upload.ts';
import { insertJob, type NewJob, type NewSource } from './insert.ts';
import { recordJobEvent } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { lockOwned, outputsOf } from './read.ts';
import { releaseAttempt, WITHOUT_ATTEMPT } from './release-attempt.ts';
import { type Claim, JOB_COLUMNS, type Job, type JobSource } from './rows.ts';

/**
 * Seconds for which a child is kept after its end. The sweep also keeps every child whose parent is open, and the end of the parent ends its
 * children, so this time only matters if an older release has ended the parent.
 */
export const CHILD_SECONDS = 60;
/** The share of the children's work in the progress of their parent. The rest is the parent's work on the results of the children. */
export const CHILDREN_SHARE = 0.98;

/*
 * A parent waits for its children without a slot: its attempt ends as released, and the job becomes due when the last child is final. Its
 * next attempt reads the results of the children. The parent's kind determines the effect of a failed child. Children live as long as their
 * parent is open, and end in the transaction that ends it (`end.ts`). Rows are locked from the children up, never down, which prevents
 * deadlocks.
 */

/** Returns the columns of a new child that are the same for every kind of child. Most of them are columns of the parent. */
export function childOf(parent: Job) {
  return {
    accountId: parent.account_id,
    keyId: parent.key_id,
    requestId: parent.request_id,
    traceparent: parent.traceparent,
    parentId: parent.id,
    priority: parent.priority,
    retentionSeconds: CHILD_SECONDS,
  };
}

/** Returns the input of a parent as an input of its children. The children read the same object. */
export function childInput({ upload_id, object_id, probe }: JobSource): NewSource {
  const inspection = inspectionJson.readOrNull(probe);
  const source = {
    uploadId: upload_id,
    objectId: object_id,
    shownUrl: null,
    sourceUrl: null,
    name: 'input',
    inspection,
  };
  return { position: 0, asset: null, source };
}

/** Children to insert, and the change to the row of their parent, which contains the state from which the parent continues. */
export interface NewChildren {
  change: Pick<Updateable<JobsTable>, 'resume_sealed' | 'needs' | 'request_facts'>;
  children: readonly NewJob[];
}

/** Inserts children of a job, which its attempt then awaits. Does nothing if the attempt no longer owns the job. */
export async function startChildren(
  context: JobsContext,
  claim: Claim,
  prepare: (tx: Tx, job: Job) => Promise<NewChildren>,
): Promise<void> {
  await withTransactionRetry(context.db, async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return;
    const { change, children } = await prepare(tx, job);
    await tx.updateTable('jobs').set(change).where('id', '=', job.id).execute();
    for (const child of children) await insertJob(context, tx, child);
  });
}

/** Returns the object of each child's only output, in the order of the children. The object is null if it was deleted or never made. */
export async function resultsOf(db: Db, children: readonly Pick<Job, 'id'>[]): Promise<(StoredObject | null)[]> {
  const outputs = await outputsOf(
    db,
    children.map(({ id }) => id),
  );
  const ids = children.map(({ id }) => outputs.find(({ job_id }) => job_id === id)?.object_id);
  const objects = await Promise.all(ids.map((id) => (id ? getObject(db, id) : undefined)));
  return objects.map((object) => (object?.state === 'live' ? object : null));
}

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

/**
 * Updates the progress of the parent of a job that has just become final. If the job was the last open child, the parent becomes due. If it
 * was the last delivery, returns the parent, which the caller ends.
 */
export async function wakeParent(tx: Tx, job: Pick<Job, 'parent_id'>): Promise<Job | null> {
  if (job.parent_id === null) return null;
  // Lock the parent in any state: a parent that is about to wait sees that this child is final, or this transaction sees that the parent
  // waits.
  const parent = await tx
    .selectFrom('jobs')
    .select(JOB_COLUMNS)
    .where('id', '=', job.parent_id)
    .forUpdate()
    .executeTakeFirst();
  if (parent?.status !== 'pending') return null;
  if (parent.awaiting === 'delivery') return (await countOpenChildren(tx, parent.id)) > 0 ? null : parent;
  if (parent.awaiting !== 'children') return null;
  await followChildren(tx, parent.id);
  if ((await countOpenChildren(tx, parent.id)) > 0) return null;
  await tx
    .updateTable('jobs')
    .set({ awaiting: null, available_at: parent.created_at, speed: null, fps: null, eta_seconds: null })
    .where('id', '=', parent.id)
    .execute();
  await notify(tx, 'airlock_queue', parent.resource_class);
  return null;
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
