import type { Context } from '../context.ts';
import type { Inspection } from '../uploads/upload.ts';
import type { Claim } from './row.ts';

export interface Progress {
  /** 0–1 */
  progress: number;
  /** Media seconds a second of wall time. */
  speed: number | null;
  fps: number | null;
  etaSeconds: number | null;
}

/** False when the attempt is no longer the job's: canceled, erased, or replaced by another worker. */
export async function reportProgress(context: Context, claim: Claim, progress: Progress): Promise<boolean> {
  const row = await context.db
    .updateTable('transcodes')
    .set({
      progress: progress.progress,
      speed: progress.speed,
      fps: progress.fps,
      eta_seconds: progress.etaSeconds,
      updated_at: new Date(),
    })
    .where('id', '=', claim.job.id)
    .where('current_attempt', '=', claim.attemptId)
    .where('status', '=', 'processing')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Tells queue and attempt that the worker lives; false as above. */
export async function beatAttempt(context: Context, claim: Claim): Promise<boolean> {
  await context.queue.touch(claim.lane, claim.entry);
  const row = await context.db
    .updateTable('attempts')
    .set({ heartbeat_at: new Date() })
    .where('id', '=', claim.attemptId)
    .where('state', '=', 'running')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** What an input that was fetched turned out to be; clients see it on the job. */
export async function recordInput(
  context: Context,
  claim: Claim,
  position: number,
  inspection: Inspection,
): Promise<void> {
  await context.db
    .updateTable('transcode_inputs')
    .set({ probe: JSON.stringify(inspection) })
    .where('transcode_id', '=', claim.job.id)
    .where('position', '=', position)
    .execute();
}
