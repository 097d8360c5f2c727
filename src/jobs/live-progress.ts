import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';

/** Progress of a running transcode. */
export interface LiveProgress {
  id: string;
  accountId: string;
  progress: number;
  fps: number | null;
  speed: number | null;
  etaSeconds: number | null;
  /** In the precision of the database, for `after`. */
  updatedAt: string;
}

/** Returns the progress of all transcodes that has changed since `after`; null: of all that run. */
export async function readProgress(db: Db, after: string | null): Promise<LiveProgress[]> {
  const { rows } = await sql<LiveProgress>`
    SELECT jobs.id, jobs.account_id AS "accountId", progress, fps, speed, eta_seconds AS "etaSeconds",
      jobs.updated_at::text AS "updatedAt"
    FROM attempts JOIN jobs ON jobs.current_attempt = attempts.id
    WHERE attempts.state = 'running' AND jobs.kind = 'transcode' AND jobs.progress > 0
      ${after === null ? sql`` : sql`AND jobs.updated_at > ${after}::timestamptz`}
    ORDER BY jobs.updated_at`.execute(db);
  return rows;
}
