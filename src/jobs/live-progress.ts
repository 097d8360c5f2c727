import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';
import { runsInChildren } from './shown-status.ts';

/** Progress of a running job. For a job in pieces, this is the progress of its pieces. */
export interface LiveProgress {
  id: string;
  kind: string;
  accountId: string;
  keyId: string | null;
  progress: number;
  fps: number | null;
  speed: number | null;
  etaSeconds: number | null;
  /** Time of the last change in the precision of the database, so that it can be passed as `after`. */
  updatedAt: string;
}

const COLUMNS = sql.join(
  ['id', 'account_id', 'key_id', 'kind', 'progress', 'fps', 'speed', 'eta_seconds', 'updated_at'].map((name) =>
    sql.ref(`jobs.${name}`),
  ),
);

/**
 * Returns the progress of all jobs of these kinds whose progress has changed since `after`. If `after` is null, returns the progress of all
 * running jobs.
 */
export async function readProgress(db: Db, kinds: readonly string[], after: string | null): Promise<LiveProgress[]> {
  const { rows } = await sql<LiveProgress>`
    SELECT id, kind, account_id AS "accountId", key_id AS "keyId", progress, fps, speed, eta_seconds AS "etaSeconds",
      updated_at::text AS "updatedAt"
    FROM (
      SELECT ${COLUMNS} FROM attempts JOIN jobs ON jobs.id = attempts.job_id AND jobs.current_attempt = attempts.id
      WHERE attempts.state = 'running'
      UNION ALL SELECT ${COLUMNS} FROM jobs WHERE ${runsInChildren}
    ) AS running
    WHERE kind = ANY(${[...kinds]}::text[]) AND progress > 0 ${after === null ? sql`` : sql`AND updated_at > ${after}::timestamptz`}
    ORDER BY updated_at`.execute(db);
  return rows;
}
