import { sql } from 'kysely';
import { notify } from '../database/notify.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import type { StoredPart } from '../storage/types.ts';
import { getMultipart } from '../uploads/multipart.ts';
import type { Upload } from '../uploads/upload.ts';
import { awaitsUpload, lockJobOfUpload } from './awaited-uploads.ts';
import { ARRIVING_INPUTS } from './capabilities.ts';
import type { JobsContext } from './kind.ts';
import type { Job } from './rows.ts';

/** A job on an upload that needs more time would occupy a slot for too long. */
const LONGEST_SECONDS = 120;

/**
 * Puts a job into the queue while the parts of its only source arrive. Requires that its request and the storage allow this, and that
 * the rest will probably arrive soon. The first attempt of the job reads the parts. Returns whether the job is in the queue.
 */
export async function startEarly(
  context: JobsContext,
  upload: Upload,
  job: Pick<Job, 'attempts' | 'needs'>,
): Promise<boolean> {
  if (job.attempts > 0 || !job.needs.includes(ARRIVING_INPUTS)) return false;
  if (!(await context.store.capabilities()).readPart) return false;
  if (!(await willArriveSoon(context, upload))) return false;
  return withTransactionRetry(context.db, async (tx) => {
    const locked = await lockJobOfUpload(tx, upload);
    if (!locked || !awaitsUpload(locked) || locked.attempts > 0) return false;
    await tx
      .updateTable('jobs')
      .set({ awaiting: null, available_at: sql`now()`, updated_at: new Date() })
      .where('id', '=', locked.id)
      .execute();
    await notify(tx, 'airlock_queue', locked.resource_class);
    return true;
  });
}

async function willArriveSoon(context: JobsContext, upload: Upload): Promise<boolean> {
  const found = await getMultipart(context, upload.account_id, upload.id).catch(() => null);
  const stored = found && (await context.store.listParts(found.key, found.multipartId));
  if (!stored) return false;
  const ageSeconds = (Date.now() - upload.created_at.getTime()) / 1000;
  return secondsLeft(stored, upload.declared_size, ageSeconds) <= LONGEST_SECONDS;
}

/**
 * Seconds until the rest of an upload has arrived, at its mean rate. The upload began `ageSeconds` ago. Infinite while its first part
 * is not stored.
 */
export function secondsLeft(
  stored: readonly Pick<StoredPart, 'partNumber' | 'size'>[],
  declaredSize: number,
  ageSeconds: number,
): number {
  if (stored[0]?.partNumber !== 1) return Number.POSITIVE_INFINITY;
  const arrived = stored.reduce((sum, { size }) => sum + size, 0);
  return ((declaredSize - arrived) * ageSeconds) / Math.max(1, arrived);
}
