import { type ExpressionBuilder, sql } from 'kysely';
import { databaseNow, secondsAgo } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { Tables } from '../database/tables.ts';
import { archivesOf, isReadByOpenJob, lockObjects, markDeleting } from '../objects/objects.ts';
import { closeStagingOf } from '../uploads/staging.ts';
import { MULTIPART_SECONDS, scrubUploads, UNCONFIRMED_SECONDS } from '../uploads/upload.ts';
import { recordDeletions } from './job-events.ts';
import type { JobsContext } from './kind.ts';
import { OPEN_STATUSES } from './rows.ts';
import { scrubJobs } from './scrub.ts';

/** Maximum number of rows in one transaction. */
const BATCH = 500;

/** The result of one batch of a step of a sweep. */
export interface Swept {
  done: number;
  /** Whether more rows may be due. */
  isFull: boolean;
}

/**
 * Expires a batch of rows in one transaction. If this fails, each row gets its own transaction, so that one bad row does not block the
 * others: the bad row is reported and rests. `expire` expires only the given rows, or any rows that are due if it gets null, and returns
 * their number.
 */
async function expireBatch(
  context: JobsContext,
  due: (db: Db) => Promise<string[]>,
  expire: (tx: Tx, only: readonly string[] | null) => Promise<number>,
): Promise<Swept> {
  const inTransaction = (only: readonly string[] | null) => context.db.transaction().execute((tx) => expire(tx, only));
  try {
    const done = await inTransaction(null);
    return { done, isFull: done === BATCH };
  } catch {
    const ids = await due(context.db);
    const done = await context.rows.each('retention', ids, (id) => inTransaction([id]), { idOf: (id) => id });
    return { done, isFull: done > 0 && ids.length === BATCH };
  }
}

/** Erases jobs of any kind whose retention has ended. */
export function expireJobs(context: JobsContext): Promise<Swept> {
  const due = (db: Db) => dueJobs(db).where('made.id', '!=', notResting(context)).limit(BATCH);
  return expireBatch(
    context,
    async (db) => (await due(db).execute()).map(({ id }) => id),
    async (tx, only) => {
      const query = only ? due(tx).where('made.id', 'in', only) : due(tx);
      // Another sweeper or an erase has locked the row. The next sweep expires it.
      const locked = (await query.forUpdate('made').skipLocked().execute()).map(({ id }) => id);
      if (locked.length === 0) return 0;
      const jobs = await unreadJobs(tx, locked);
      const ids = jobs.map((job) => job.id);
      const objects = await scrubJobs(tx, ids, 'retention');
      await markDeleting(tx, objects, 'retention');
      await recordDeletions(context, tx, jobs, 'retention');
      return locked.length;
    },
  );
}

/**
 * Locks the outputs of due jobs, and returns the jobs that are still due. The insert of a job locks the outputs that it reads, so a job may
 * have started to read one of them since the first check.
 */
async function unreadJobs(tx: Tx, ids: readonly string[]) {
  const outputs = await tx.selectFrom('job_outputs').select('object_id').where('job_id', 'in', ids).execute();
  const objects = outputs.flatMap(({ object_id }) => object_id ?? []);
  await lockObjects(tx, [...objects, ...(await archivesOf(tx, objects))]);
  return dueJobs(tx).where('made.id', 'in', ids).execute();
}

/**
 * Selects the jobs whose retention has ended. A job stays while its parent or one of its children is open, and while an open job reads its
 * output. Every release sets `expires_at` when a job ends, even for statuses that this release does not know.
 */
export function dueJobs(db: Db) {
  return db
    .selectFrom('jobs as made')
    .select(['made.id', 'made.account_id', 'made.kind'])
    .where('made.status', 'not in', OPEN_STATUSES)
    .where('made.expires_at', '<=', databaseNow)
    .where('made.erased_at', 'is', null)
    .where(hasNoOpenRelative)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('job_outputs')
            .select('job_outputs.id')
            .whereRef('job_outputs.job_id', '=', 'made.id')
            .where(isReadByOpenJob('job_outputs.object_id'))
            .offset(sql.lit(0)),
        ),
      ),
    )
    .orderBy('made.expires_at');
}

/**
 * Condition on a job: neither its parent nor one of its children is open. An open parent needs the results of its children, and a delivery
 * that a client has requested needs the outputs of its parent.
 */
const hasNoOpenRelative = sql<boolean>`(
  (made.parent_id IS NULL
    OR (SELECT parent.completed_at FROM jobs AS parent WHERE parent.id = made.parent_id) IS NOT NULL)
  AND (SELECT true FROM jobs AS child WHERE child.parent_id = made.id AND child.completed_at IS NULL LIMIT 1) IS NULL)`;

/** Deletes uploads whose retention has ended. */
export function expireUploads(context: JobsContext): Promise<Swept> {
  const due = async (db: Db) => {
    const uploads = await dueUploads(db).where('upload.id', '!=', notResting(context)).limit(BATCH).execute();
    return uploads.map(({ id }) => id);
  };
  return expireBatch(context, due, async (tx, only) => {
    const found = only ?? (await due(tx));
    if (found.length === 0) return 0;
    // The insert of a job locks the row of the upload. Skip such an upload until the next sweep.
    const locked = await tx
      .selectFrom('uploads')
      .select('id')
      .where('id', 'in', found)
      .forUpdate()
      .skipLocked()
      .execute();
    if (locked.length === 0) return 0;
    // Check again under the lock: a job may have started to use an upload during the first check.
    const uploads = await tx
      .selectFrom('uploads')
      .innerJoin('objects', 'objects.id', 'uploads.object_id')
      .select(['uploads.id', 'objects.id as object_id'])
      .where(
        'uploads.id',
        'in',
        locked.map(({ id }) => id),
      )
      .where('uploads.state', '=', sql.lit('confirmed'))
      .where(isOver)
      .execute();
    await scrubUploads(
      tx,
      uploads.map((upload) => upload.id),
      'retention',
    );
    await markDeleting(
      tx,
      uploads.map((upload) => upload.object_id),
      'retention',
    );
    return locked.length;
  });
}

/*
 * The conditions for rows that are due contain states as literals. The indexes contain only rows in some states, and a prepared statement
 * with a parameter could not use them.
 */

/**
 * Selects the confirmed uploads whose retention has ended, the oldest first. An upload that an open job needs stays. Each row of this query
 * is an object that is due, in the order of an index, and a subquery finds its upload. In other forms, PostgreSQL would read every upload:
 * it expects that many objects are due, because most are deleted and their times have passed.
 */
export function dueUploads(db: Db) {
  return db
    .selectFrom('objects')
    .innerJoinLateral(
      (select) =>
        select
          .selectFrom('uploads')
          .select('uploads.id')
          .whereRef('uploads.object_id', '=', 'objects.id')
          .where('uploads.state', '=', sql.lit('confirmed'))
          .limit(sql.lit(1))
          .as('upload'),
      (join) => join.onTrue(),
    )
    .select('upload.id')
    .where(isOver)
    .orderBy('objects.delete_after');
}

/** Condition on an object: it is live, its retention has ended, and no open job reads it. */
function isOver(where: ExpressionBuilder<Tables, 'objects'>) {
  return where.and([
    where('objects.state', '=', sql.lit('live')),
    where('objects.delete_after', '<=', databaseNow),
    where.not(isReadByOpenJob('objects.id')),
  ]);
}

/**
 * Selects the uploads that were not confirmed in time: their bytes have not arrived, or no inspection of the bytes had a result.
 */
export function dueUnconfirmed(db: Db) {
  return (
    db
      .selectFrom('uploads')
      .select(['id', 'staging_key', 'url_expires_at', 'part_size', 'object_id'])
      // The index contains these two states.
      .where(sql<boolean>`state IN ('pending', 'confirming')`)
      .where(isUnconfirmed)
      // Excludes uploads that a job awaits. The end of the job deletes them.
      .where('check_at', 'is', null)
      .where('created_at', '<=', secondsAgo(sql.lit(UNCONFIRMED_SECONDS)))
      .where((where) =>
        where.or([where('part_size', 'is', null), where('created_at', '<=', secondsAgo(sql.lit(MULTIPART_SECONDS)))]),
      )
  );
}

/** Condition on an upload: it is not confirmed, and no job inspects it. */
function isUnconfirmed(where: ExpressionBuilder<Tables, 'uploads'>) {
  return where.or([
    where('state', '=', sql.lit('pending')),
    where.and([where('state', '=', sql.lit('confirming')), where('inspection_id', 'is', null)]),
  ]);
}

/** Deletes the names and bytes of uploads that were not confirmed in time. */
export async function expireUnconfirmed(context: JobsContext): Promise<Swept> {
  const due = await dueUnconfirmed(context.db).where('id', '!=', notResting(context)).limit(BATCH).execute();
  const single = due.filter(({ part_size }) => part_size === null);
  const closed = new Set((await closeStagingOf(context, single, 'retention')).map(({ id }) => id));
  const ready = due.filter(({ id, part_size }) => part_size !== null || closed.has(id)).map(({ id }) => id);
  const { done } = await expireBatch(
    context,
    async () => ready,
    async (tx, only) => {
      const ids = only ?? ready;
      if (ids.length === 0) return 0;
      // A confirm may have been faster; the upload then stays.
      const mine = await tx
        .selectFrom('uploads')
        .select(['id', 'object_id'])
        .where('id', 'in', ids)
        .where(isUnconfirmed)
        .orderBy('id')
        .forUpdate()
        .execute();
      await scrubUploads(
        tx,
        mine.map(({ id }) => id),
        'retention',
      );
      // For an upload in parts, deleting the object aborts the upload.
      await markDeleting(
        tx,
        mine.flatMap(({ object_id }) => object_id ?? []),
        'retention',
      );
      return ids.length;
    },
  );
  return { done, isFull: done > 0 && due.length === BATCH };
}

/**
 * Selects the objects that never became live and whose owner has ended:
 *
 *     owner                         the object is abandoned
 *     the attempt that makes it     when the attempt has ended
 *     the upload that it copies     when the upload is deleted, or another copy was confirmed
 *     the process that zips it      when the process has not renewed its lease (`archives.ts`)
 *
 * An upload in parts is the object of its own upload, which expires by itself. Objects of older releases have no owner, and are abandoned
 * at `delete_after`.
 */
export function abandoned(db: Db) {
  const pending = db.selectFrom('objects').select('objects.id').where('objects.state', '=', sql.lit('pending'));
  const ofAttempts = pending
    .leftJoin('attempts', 'attempts.id', 'objects.attempt_id')
    .where('objects.attempt_id', 'is not', null)
    .where(sql<boolean>`attempts.state IS DISTINCT FROM 'running'`);
  const ofUploads = pending
    .leftJoin('uploads', 'uploads.id', 'objects.upload_id')
    .where('objects.upload_id', 'is not', null)
    .where(
      sql<boolean>`(coalesce(uploads.state, 'deleted') = 'deleted'
        OR coalesce(uploads.object_id, objects.id) <> objects.id)`,
    );
  const withLease = pending
    .where('objects.attempt_id', 'is', null)
    .where('objects.upload_id', 'is', null)
    .where('objects.delete_after', '<=', databaseNow)
    .where(sql<boolean>`NOT EXISTS (
      SELECT FROM uploads WHERE uploads.object_id = objects.id AND uploads.state IN ('pending', 'confirming'))`);
  return ofAttempts.unionAll(ofUploads).unionAll(withLease);
}

export async function expireAbandoned({ db }: JobsContext): Promise<Swept> {
  const due = await db
    .with('abandoned', () => abandoned(db).limit(BATCH))
    .with('locked', (query) =>
      query
        .selectFrom('objects')
        .select('id')
        .where('id', 'in', (select) => select.selectFrom('abandoned').select('id'))
        .where('state', '=', 'pending')
        .forUpdate()
        .skipLocked(),
    )
    .updateTable('objects')
    .set({ state: 'deleting', deletion_reason: 'replaced' })
    .where('id', 'in', (select) => select.selectFrom('locked').select('id'))
    .returning('id')
    .execute();
  return { done: due.length, isFull: due.length === BATCH };
}

/** Returns SQL for the right side of `!=` that excludes the ids of rows that rest after a failure. */
function notResting({ rows }: JobsContext) {
  return sql<string>`ALL(${rows.resting('retention')}::uuid[])`;
}
