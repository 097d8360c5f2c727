import { sql } from 'kysely';
import { databaseNow } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import { type Inspection, inspectionJson } from '../uploads/upload.ts';
import { followChildren } from './children.ts';
import type { Claim } from './rows.ts';

export interface Progress {
  /** From 0 to 1. */
  progress: number;
  /** Media seconds per second of wall time. */
  speed: number | null;
  fps: number | null;
  etaSeconds: number | null;
}

/**
 * Writes the progress of a job. Progress never decreases within an attempt: if the attempt starts FFmpeg again, the highest progress stays
 * until FFmpeg exceeds it. Each attempt starts at 0. Returns false if the attempt no longer owns the job, which was canceled, erased, or
 * claimed by another worker.
 */
export async function reportProgress(
  { db }: Pick<Context, 'db'>,
  claim: Pick<Claim, 'attemptId' | 'job'>,
  progress: Progress,
): Promise<boolean> {
  const row = await db
    .updateTable('jobs')
    .set({
      progress: sql<number>`greatest(progress, ${progress.progress}::real)`,
      speed: progress.speed,
      fps: progress.fps,
      eta_seconds: progress.etaSeconds,
      updated_at: databaseNow,
    })
    .where('id', '=', claim.job.id)
    .where('current_attempt', '=', claim.attemptId)
    .where('status', '=', 'processing')
    .returning('id')
    .executeTakeFirst();
  if (row && claim.job.parent_id !== null) await followChildren(db, claim.job.parent_id);
  return row !== undefined;
}

/** Renews the lease of an attempt. Returns false if the attempt is no longer running. */
export async function beatAttempt({ db }: Pick<Context, 'db'>, claim: Pick<Claim, 'attemptId'>): Promise<boolean> {
  const row = await db
    .updateTable('attempts')
    .set({ heartbeat_at: databaseNow })
    .where('id', '=', claim.attemptId)
    .where('state', '=', 'running')
    .returning('id')
    .executeTakeFirst();
  return row !== undefined;
}

/** Records the probe of a fetched input. Clients see the probe in the job. */
export async function recordInput(
  { db }: Pick<Context, 'db'>,
  claim: Pick<Claim, 'job'>,
  position: number,
  inspection: Inspection,
): Promise<void> {
  await db
    .updateTable('job_sources')
    .set({ probe: inspectionJson.write(inspection) })
    .where('job_id', '=', claim.job.id)
    .where('position', '=', position)
    .execute();
}
