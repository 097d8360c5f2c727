import { databaseNow } from '../database/clock.ts';
import { notify } from '../database/notify.ts';
import { withTransactionRetry } from '../database/transaction-retry.ts';
import type { StoredPart } from '../storage/types.ts';
import { getMultipart } from '../uploads/multipart.ts';
import type { Upload } from '../uploads/upload.ts';
import { awaitsUpload, lockJobOfUpload } from './awaited-uploads.ts';
import { ARRIVING_INPUTS } from './capabilities.ts';
import type { JobsContext } from './kind.ts';
import type { Job } from './rows.ts';

/** Maximum seconds until the rest of the upload arrives. With a slower upload, the job would occupy a slot for too long. */
const LONGEST_SECONDS = 120;
/**
 * Minimum seconds until the rest of the upload arrives. With a faster upload, the job is faster from the complete upload
 * (docs/decisions/0070-clients-wait-for-no-period.md).
 */
const SHORTEST_SECONDS = 2;
/** Number of stored parts after which the rate of the upload is known. This is the rate of the second part. */
export const RATED_PARTS = 2;

/**
 * Puts a job into the queue while the parts of its only source arrive. Requires that its request and the storage allow this, that the rest
 * will probably arrive soon, and that waiting for it would take longer than the early start costs. The first attempt of the job reads the
 * parts. `readAt` is the time at which the job was read. Returns whether the job is in the queue.
 */
export async function startEarly(
  context: JobsContext,
  upload: Upload,
  job: Pick<Job, 'attempts' | 'needs'> & { readAt: Date },
): Promise<boolean> {
  if (job.attempts > 0 || !job.needs.includes(ARRIVING_INPUTS)) return false;
  if (!(await context.store.capabilities()).readPart) return false;
  if (!(await willArriveSoon(context, upload, job.readAt))) return false;
  return withTransactionRetry(context.db, async (tx) => {
    const locked = await lockJobOfUpload(tx, upload);
    if (!locked || !awaitsUpload(locked) || locked.attempts > 0) return false;
    await tx
      .updateTable('jobs')
      .set({ awaiting: null, available_at: databaseNow, updated_at: databaseNow })
      .where('id', '=', locked.id)
      .execute();
    await notify(tx, 'airlock_queue', locked.resource_class);
    return true;
  });
}

async function willArriveSoon(context: JobsContext, upload: Upload, readAt: Date): Promise<boolean> {
  const found = await getMultipart(context, upload.account_id, upload.id).catch(() => null);
  const stored = found && (await context.store.listParts(found.key, found.multipartId));
  if (!stored) return false;
  return isWorthAnEarlyStart(secondsLeft(stored, upload.declared_size, readAt.getTime()));
}

/**
 * Whether an early start is worthwhile. `seconds` is the time until the rest of the upload has arrived, or null if its rate is not known.
 */
export function isWorthAnEarlyStart(seconds: number | null): boolean {
  return seconds !== null && seconds >= SHORTEST_SECONDS && seconds <= LONGEST_SECONDS;
}

/**
 * Returns the seconds until the rest of an upload has arrived, at the rate at which the parts after the oldest part have arrived. Returns
 * null if fewer than two parts are stored, or if the first part is missing. `now` is in milliseconds since 1970. If the clock of the
 * storage differs, the job only starts at a worse time.
 */
export function secondsLeft(
  stored: readonly Pick<StoredPart, 'partNumber' | 'size' | 'storedAt'>[],
  declaredSize: number,
  now: number,
): number | null {
  if (stored.length < RATED_PARTS || stored[0]!.partNumber !== 1) return null;
  const oldest = stored.reduce((one, other) => (other.storedAt < one.storedAt ? other : one));
  const arrived = stored.reduce((sum, { size }) => sum + size, 0);
  const latest = Math.max(...stored.map(({ storedAt }) => storedAt.getTime()));
  const seconds = (Math.max(now, latest) - oldest.storedAt.getTime()) / 1000;
  return ((declaredSize - arrived) * seconds) / Math.max(1, arrived - oldest.size);
}
