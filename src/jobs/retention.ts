import { type ExpressionBuilder, sql } from 'kysely';
import { databaseNow } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import type { Tables } from '../database/tables.ts';
import { EVENT_DAYS } from '../events/read.ts';
import { deleteBytes, isReadByOpenJob, markDeleting } from '../objects/objects.ts';
import { closeStaging } from '../uploads/staging.ts';
import { forgetUploads, MULTIPART_SECONDS, UNCONFIRMED_SECONDS } from '../uploads/upload.ts';
import { forgetBatches, isDueBatch } from './batches.ts';
import { forgetJobs } from './erase.ts';
import { recordDeletions } from './job-events.ts';
import type { JobsContext } from './kind.ts';

/** Days that the rows of erased jobs, which contain no names, stay readable. */
const ROW_DAYS = 30;
/** Longer than the 24 hours that docs/api.md promises. */
const IDEMPOTENCY_HOURS = 25;
const BATCH = 200;

export interface SweepReport {
  expiredJobs: number;
  expiredUploads: number;
  deletedObjects: number;
}

/**
 * Deletes everything that has expired: outputs and names of jobs, uploads, unconfirmed uploads, and bytes whose
 * deletion has begun. Every step is conditional, so several workers may sweep concurrently, and the next sweep
 * completes one that crashed.
 */
export async function sweepExpired(context: JobsContext): Promise<SweepReport> {
  if (!(await isAnythingDue(context.db))) return { expiredJobs: 0, expiredUploads: 0, deletedObjects: 0 };
  const expiredJobs = await expireJobs(context);
  const expiredUploads = (await expireUploads(context)) + (await expireUnconfirmed(context));
  await expireObjects(context);
  await forgetBatches(context.db);
  const deletedObjects = await finishDeletions(context);
  return { expiredJobs, expiredUploads, deletedObjects };
}

/** Whether any step of a sweep has work: most sweeps have none, and each step takes statements of its own. */
async function isAnythingDue(db: Db): Promise<boolean> {
  const steps = [
    dueJobs(db),
    dueUploads(db),
    dueUnconfirmed(db),
    db.selectFrom('objects').select('objects.id').where(isAbandoned),
    db.selectFrom('batches').select('batches.id').where(isDueBatch),
    deletions(db),
  ];
  const { due } = await db
    .selectNoFrom((select) => select.or(steps.map((step) => select.exists(step))).as('due'))
    .executeTakeFirstOrThrow();
  return Boolean(due);
}

async function expireJobs(context: JobsContext): Promise<number> {
  return context.db.transaction().execute(async (tx) => {
    // Another sweeper, an erase or a new job that reads an output holds the row; the next sweep takes it.
    const due = await dueJobs(tx).limit(BATCH).forUpdate('made').skipLocked().execute();
    const ids = due.map((job) => job.id);
    const objects = await forgetJobs(tx, ids, new Date(), 'retention');
    await markDeleting(tx, objects, 'retention');
    await recordDeletions(context, tx, due, 'retention');
    return due.length;
  });
}

/** Expired jobs. A job whose output an open job reads stays until that job ends. */
function dueJobs(db: Db) {
  return db
    .selectFrom('jobs as made')
    .select(['made.id', 'made.account_id', 'made.kind'])
    .where('made.status', 'in', ['completed', 'failed', 'canceled'])
    .where('made.expires_at', '<=', databaseNow)
    .where('made.erased_at', 'is', null)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('job_outputs')
            .select('job_outputs.id')
            .whereRef('job_outputs.job_id', '=', 'made.id')
            .where(isReadByOpenJob('job_outputs.object_id')),
        ),
      ),
    );
}

async function expireUploads(context: JobsContext): Promise<number> {
  return context.db.transaction().execute(async (tx) => {
    // The insert of a job locks the row of the upload; skip it until the next sweep.
    const held = await dueUploads(tx).limit(BATCH).forUpdate('uploads').skipLocked().execute();
    if (held.length === 0) return 0;
    // Check again under the lock: a job may have started to use an upload during the first check.
    const ids = held.map((upload) => upload.id);
    const due = await dueUploads(tx).where('uploads.id', 'in', ids).execute();
    await forgetUploads(
      tx,
      due.map((upload) => upload.id),
      'retention',
    );
    await markDeleting(
      tx,
      due.map((upload) => upload.object_id),
      'retention',
    );
    return due.length;
  });
}

/** Confirmed uploads whose retention has ended. An upload that an open job needs stays. */
function dueUploads(db: Db) {
  return db
    .selectFrom('uploads')
    .innerJoin('objects', 'objects.id', 'uploads.object_id')
    .select(['uploads.id', 'objects.id as object_id'])
    .where('uploads.state', '=', 'confirmed')
    .where('objects.state', '=', 'live')
    .where('objects.delete_after', '<=', databaseNow)
    .where((where) => where.not(isReadByOpenJob('objects.id')));
}

/** Uploads that were not confirmed in time. */
function dueUnconfirmed(db: Db) {
  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
  return db
    .selectFrom('uploads')
    .select(['id', 'staging_key', 'url_expires_at', 'part_size', 'object_id'])
    .where('state', '=', 'pending')
    .where('created_at', '<=', ago(UNCONFIRMED_SECONDS))
    .where((where) => where.or([where('part_size', 'is', null), where('created_at', '<=', ago(MULTIPART_SECONDS))]));
}

/** Deletes the names and bytes of uploads that were not confirmed in time. */
async function expireUnconfirmed(context: JobsContext): Promise<number> {
  const due = await dueUnconfirmed(context.db).limit(BATCH).execute();
  for (const upload of due) {
    if (upload.part_size === null) await closeStaging(context, upload);
    await context.db.transaction().execute(async (tx) => {
      // A confirm may have been faster; the upload then stays.
      const mine = await tx
        .selectFrom('uploads')
        .select('id')
        .where('id', '=', upload.id)
        .where('state', '=', 'pending')
        .forUpdate()
        .executeTakeFirst();
      if (!mine) return;
      await forgetUploads(tx, [upload.id], 'retention');
      // Of an upload in parts: deleting it aborts them.
      if (upload.object_id) await markDeleting(tx, [upload.object_id], 'retention');
    });
  }
  return due.length;
}

/** Objects that never became live: outputs of dead attempts, and copies of confirms that lost a race. */
function isAbandoned(where: ExpressionBuilder<Tables, 'objects'>) {
  const confirms = where
    .selectFrom('uploads')
    .select('uploads.id')
    .whereRef('uploads.object_id', '=', 'objects.id')
    .where('uploads.state', '=', 'confirming');
  return where.and([
    where('objects.state', '=', 'pending'),
    where('objects.delete_after', '<=', databaseNow),
    where.not(where.exists(confirms)),
  ]);
}

async function expireObjects({ db }: JobsContext): Promise<void> {
  await db.updateTable('objects').set({ state: 'deleting', deletion_reason: 'replaced' }).where(isAbandoned).execute();
}

/** Objects whose bytes are being deleted. */
function deletions(db: Db) {
  return db.selectFrom('objects').select('id').where('state', '=', 'deleting');
}

async function finishDeletions(context: JobsContext): Promise<number> {
  const rows = await deletions(context.db).limit(BATCH).execute();
  await deleteBytes(
    context,
    rows.map((row) => row.id),
  );
  return rows.length;
}

/** Deletes rows that are no longer needed. */
export async function sweepRows(context: JobsContext): Promise<void> {
  const before = (seconds: number) => new Date(Date.now() - seconds * 1000);
  const { db } = context;
  await db
    .deleteFrom('events')
    .where('created_at', '<', before(EVENT_DAYS * 86_400))
    .execute();
  await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', before(IDEMPOTENCY_HOURS * 3600))
    .execute();
  // The client that confirmed has received the answer by then.
  await db
    .updateTable('uploads')
    .set({ refusal_sealed: null })
    .where('refusal_sealed', 'is not', null)
    .where('url_expires_at', '<', new Date())
    .execute();
  await db
    .deleteFrom('jobs')
    .where('erased_at', 'is not', null)
    .where('completed_at', '<', before(ROW_DAYS * 86_400))
    .execute();
  await db
    .deleteFrom('batches')
    .where('expires_at', '<', before(ROW_DAYS * 86_400))
    .execute();
  await db
    .deleteFrom('uploads')
    .where('state', '=', 'deleted')
    .where('created_at', '<', before(ROW_DAYS * 86_400))
    .where((where) =>
      where.not(
        where.exists(where.selectFrom('job_sources').select('upload_id').whereRef('upload_id', '=', 'uploads.id')),
      ),
    )
    .execute();
  await sql`
    DELETE FROM objects WHERE state = 'deleted' AND deleted_at < ${before(ROW_DAYS * 86_400)}
      AND NOT EXISTS (SELECT 1 FROM uploads WHERE uploads.object_id = objects.id)
      AND NOT EXISTS (SELECT 1 FROM job_outputs WHERE job_outputs.object_id = objects.id)
      AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = objects.job_id)
      AND NOT EXISTS (SELECT 1 FROM job_sources WHERE job_sources.object_id = objects.id)`.execute(db);
  await sql`DELETE FROM rate_limits WHERE expire < ${Date.now()}`.execute(db);
  await db.deleteFrom('sessions').where('expires_at', '<', before(0)).execute();
  await db.deleteFrom('setup_links').where('expires_at', '<', before(0)).execute();
}
