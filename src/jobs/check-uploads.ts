import { type RawBuilder, sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import { compileOnce } from '../database/compile-once.ts';
import { UPLOAD_COLUMNS } from '../database/every-column.ts';
import type { Db, Tx } from '../database/pool.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import type { StoredUpload } from '../storage/types.ts';
import { joinParts } from '../uploads/join-parts.ts';
import { partCount } from '../uploads/part-plan.ts';
import { dropCopy, sealCopy } from '../uploads/seal.ts';
import { closeStaging, stagingEndsRow } from '../uploads/staging.ts';
import type { Upload } from '../uploads/upload.ts';
import {
  canUseUpload,
  claimUpload,
  dropUnconfirmed,
  lacksInspection,
  lockJobOfUpload,
  ofJob,
  SETTLED_SECONDS,
} from './awaited-uploads.ts';
import { endFailed } from './end.ts';
import type { Swept } from './expire.ts';
import type { JobsContext } from './kind.ts';
import { isOpen, type Job } from './rows.ts';
import { RATED_PARTS, startEarly } from './start-early.ts';

/*
 * Checks storage for the bytes of uploads that jobs await. If the bytes have arrived, the job returns to the queue. If they did not arrive
 * in time, the job fails. Any process may check at any time, because each change locks the row of the job first.
 */

/** Maximum number of uploads that a round checks. */
const BATCH = 200;
/** Number of due uploads that a round considers. The round takes uploads of all accounts in turns, so that no account delays another. */
const COMPARED = 2_000;
const AT_ONCE = 16;
/** Seconds until the next check: at first `FIRST_SECONDS`, then `SHARE_OF_AGE` of the age of the upload, up to `LONGEST_SECONDS`. */
const FIRST_SECONDS = 1;
const SHARE_OF_AGE = 1 / 16;
const LONGEST_SECONDS = 30;
/** Seconds until the next check of an upload that an attempt reads while its parts arrive. */
const READ_SECONDS = 10;

/** Selects the uploads that are due for a check. The uploads of all accounts take turns. */
export function dueChecks(db: Db, resting: readonly string[] = []) {
  const due = db
    .selectFrom('uploads')
    .select(['id', 'check_at', sql`row_number() OVER (PARTITION BY account_id ORDER BY check_at)`.as('turn')])
    .where('check_at', '<=', databaseNow)
    .where('id', '!=', sql<string>`ALL(${[...resting]}::uuid[])`)
    .orderBy('check_at')
    .limit(COMPARED);
  return db.selectFrom(due.as('due')).select('id').orderBy('turn').orderBy('check_at').limit(BATCH);
}

/** Checks the uploads that are due. If a check fails, the upload is reported and rests, and the other checks continue. */
export async function checkUploads(context: JobsContext): Promise<Swept> {
  const { db, rows } = context;
  const due = await dueChecks(db, rows.resting('awaited_uploads')).execute();
  const check = async ({ id }: { id: string }) => {
    const upload = await readUpload(db, id);
    if (upload) await checkUpload(context, upload);
  };
  const done = await rows.each('awaited_uploads', due, check, { idOf: ({ id }) => id, atOnce: AT_ONCE });
  return { done, isFull: done > 0 && due.length === BATCH };
}

/** Checks the uploads that a job awaits, for a client that waits for the job. Returns whether an upload is missing. */
export async function checkUploadsOf(context: JobsContext, jobId: string): Promise<boolean> {
  const uploads = await selectPending(context.db, { jobId });
  let isMissing = false;
  for (const upload of uploads) {
    const arrived = await checkUpload(context, upload, { isExpected: wasNeverMissing(upload) });
    isMissing ||= !arrived;
  }
  return isMissing;
}

/**
 * Checks an upload that the storage reports as stored. Checks an upload in parts only when it has exactly `RATED_PARTS` parts, which show
 * its rate, or all parts.
 */
export async function checkStored(context: JobsContext, { key, parts }: StoredUpload): Promise<void> {
  const [upload] =
    parts === 0 ? await findByStagingKey(context.db, { key }) : await findByObjectKey(context.db, { key });
  if (!upload) return;
  const { declared_size: size, part_size: partSize } = upload;
  const isComplete = partSize === null || parts >= partCount(size, partSize);
  if (isComplete || parts === RATED_PARTS) await checkUpload(context, upload, { isExpected: partSize === null });
}

const findByStagingKey = compileOnce((db, { key }: { key: string }) =>
  awaitedUploads(db).where('staging_key', '=', key),
);

const findByObjectKey = compileOnce((db, { key }: { key: string }) =>
  awaitedUploads(db).where('object_id', '=', (object) =>
    object.selectFrom('objects').select('id').where('key', '=', key),
  ),
);

/** Selects the uploads that have not arrived and that a job awaits. */
function awaitedUploads(db: Db) {
  return db
    .selectFrom('uploads')
    .select(UPLOAD_COLUMNS)
    .where('state', '=', 'pending')
    .where('check_at', 'is not', null);
}

const selectPending = compileOnce((db, { jobId }: { jobId: string }) =>
  ofJob(db, jobId).where('state', '=', 'pending'),
);

/** Whether no check has found the upload missing. Each check that finds it missing postpones the next check by at least `FIRST_SECONDS`. */
function wasNeverMissing({ check_at: at, created_at: created }: Upload): boolean {
  return at !== null && at.getTime() < created.getTime() + FIRST_SECONDS * 1000;
}

function readUpload(db: Db, id: string): Promise<Upload | undefined> {
  return db.selectFrom('uploads').select(UPLOAD_COLUMNS).where('id', '=', id).executeTakeFirst();
}

function readJob(db: Db, { job_id: id }: Upload) {
  return db
    .selectFrom('jobs')
    .select(['status', 'attempts', 'needs', databaseNow.as('readAt')])
    .where('id', '=', id)
    .executeTakeFirst();
}

/** Checks an upload. Returns false if it is missing. `isExpected` means that the bytes have probably arrived. Throws `StorageError`. */
async function checkUpload(context: JobsContext, upload: Upload, { isExpected = false } = {}): Promise<boolean> {
  if (upload.state === 'pending') return checkPending(context, upload, isExpected);
  // The attempt of the job makes the checks that the inspection could not make.
  if (lacksInspection(upload) && (await claimUpload(context.db, upload, upload.object_id!))) return true;
  await settle(context, upload);
  return true;
}

async function checkPending(context: JobsContext, upload: Upload, isExpected: boolean): Promise<boolean> {
  // Only an upload in parts can have a job that no longer awaits the upload.
  const job = upload.part_size === null ? undefined : await readJob(context.db, upload);
  // The attempt reads the parts, and joins exactly the parts that it has read.
  if (job?.status === 'processing') {
    await checkAgainAt(context.db, upload, inSeconds(READ_SECONDS));
    return true;
  }
  const sealed = await seal(context, upload, isExpected);
  if (sealed === null) {
    if (job) await startEarly(context, upload, job);
    await waitOrFail(context, upload);
    return false;
  }
  const isMine = await claimUpload(context.db, upload, sealed.objectId);
  if (isMine && upload.part_size === null) await closeStaging(context, upload);
  // A confirm was faster, or the job has ended.
  if (!isMine && 'key' in sealed) await dropCopy(context, sealed);
  return true;
}

/** Seals an upload. Returns null if its bytes have not arrived, or have another size. */
async function seal(
  context: JobsContext,
  upload: Upload,
  isExpected: boolean,
): Promise<{ objectId: string; key: string } | { objectId: string } | null> {
  if (upload.part_size !== null) {
    const isJoined = await areJoined(context, upload);
    return isJoined ? { objectId: upload.object_id! } : null;
  }
  // A copy inserts a row even if no bytes have arrived. Most checks find no bytes, so look for them first.
  if (!isExpected && !(await context.store.head(upload.staging_key))) return null;
  const sealed = await sealCopy(context, upload);
  if (sealed.found === 'all') return sealed;
  // The URL is still valid, so the client may send the right bytes.
  if (sealed.found === 'other-size') await context.store.delete(upload.staging_key);
  return null;
}

async function areJoined(context: JobsContext, upload: Upload): Promise<boolean> {
  try {
    await joinParts(context, upload, { filename: '', fileSize: upload.declared_size });
    return true;
  } catch (error) {
    // Parts are missing or have another size, or the upload was deleted in the meantime.
    if (error instanceof ApiError && error.status < 500) return false;
    throw error;
  }
}

/** The time until which the bytes may arrive. */
const awaitedUntil = sql<Date>`CASE WHEN part_size IS NULL THEN ${stagingEndsRow} ELSE url_expires_at END`;
/** The time of the next check of an upload that is missing. */
const nextCheck = sql<Date>`least(${awaitedUntil}, now() + least(make_interval(secs => ${sql.lit(LONGEST_SECONDS)}),
  greatest(make_interval(secs => ${sql.lit(FIRST_SECONDS)}), (now() - created_at) * ${sql.lit(SHARE_OF_AGE)})))`;

async function waitOrFail(context: JobsContext, upload: Upload): Promise<void> {
  if (await checkAgainAt(context.db, upload, nextCheck)) await failMissing(context, upload);
}

/** Sets the time of the next check. Returns whether the bytes are overdue. */
async function checkAgainAt(
  db: Db,
  { id, state }: Pick<Upload, 'id' | 'state'>,
  at: RawBuilder<Date>,
): Promise<boolean> {
  const updated = await db
    .updateTable('uploads')
    .set({ check_at: at })
    .where('id', '=', id)
    .where('state', '=', state)
    .where('check_at', 'is not', null)
    .returning(sql<boolean>`${awaitedUntil} <= now()`.as('is_overdue'))
    .executeTakeFirst();
  return updated?.is_overdue ?? false;
}

async function failMissing(context: JobsContext, upload: Upload): Promise<void> {
  await withTransactionRetry(context.db, async (tx) => {
    const job = await lockJobOfUpload(tx, upload);
    const isPending = await tx
      .selectFrom('uploads')
      .select('id')
      .where('id', '=', upload.id)
      .where('state', 'in', ['pending', 'deleted'])
      .executeTakeFirst();
    // The upload has arrived in the meantime.
    if (!isPending) return;
    await failJob(context, tx, job, upload);
  });
}

async function failJob(context: JobsContext, tx: Tx, job: Job | undefined, upload: Upload): Promise<void> {
  if (job && canUseUpload(job)) {
    // A confirm may have rejected the upload while an attempt read its parts.
    const rejection = openColumn(context.vault, 'uploads', 'refusal_sealed', upload);
    const missing = { code: 'upload_missing', message: 'The bytes of the upload did not arrive in time.' } as const;
    const failure = rejection === null ? missing : { code: 'upload_rejected' as const, message: rejection };
    await endFailed(context, tx, job, failure, null);
  } else if (job && !isOpen(job)) await dropUnconfirmed(context, tx, job, null);
  await forgetCheck(tx, upload);
}

/**
 * Ends the checks of an upload that has arrived, or that an older release has deleted. An older release does not know that jobs await
 * uploads, and may end a job without its uploads or delete an upload without its job.
 */
async function settle(context: JobsContext, upload: Upload): Promise<void> {
  if (upload.state === 'deleted') return failMissing(context, upload);
  await withTransactionRetry(context.db, async (tx) => {
    const job = await lockJobOfUpload(tx, upload);
    if (job && isOpen(job) && upload.state === 'confirming') {
      await checkAgainAt(tx, upload, inSeconds(SETTLED_SECONDS));
      return;
    }
    if (job && !isOpen(job)) await dropUnconfirmed(context, tx, job, null);
    await forgetCheck(tx, upload);
  });
}

async function forgetCheck(tx: Tx, { id }: Pick<Upload, 'id'>): Promise<void> {
  await tx.updateTable('uploads').set({ check_at: null }).where('id', '=', id).execute();
}
