import { sql } from 'kysely';
import { secondsAgo } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import { LOST_SECONDS } from './workers.ts';

/** Returns the capability that a worker advertises for a kind of job that it runs. */
export const kindCapability = (kind: string): string => `kind:${kind}`;

/** Waiting jobs that no living worker can run. */
export interface StrandedJobs {
  kind: string;
  /** Capabilities that the jobs require of a worker beyond their kind. */
  needs: string[];
  /** Number of jobs, at most `MAX_COUNTED`. */
  jobs: number;
}

/** Maximum number of jobs that are counted. A larger count would not help an operator, and would require reading the queue. */
const MAX_COUNTED = 1000;

/**
 * Returns the kinds and needs of waiting jobs that no living worker can run. Reads each combination of kind and needs once from an index,
 * regardless of the number of jobs. A worker of the previous release does not report its capabilities, so it counts as able to run every
 * kind, but no job with needs.
 */
export async function readStranded(db: Db): Promise<StrandedJobs[]> {
  const { rows } = await sql<StrandedJobs>`
    WITH RECURSIVE waiting AS (
      (SELECT kind, needs FROM jobs WHERE status = 'pending' ORDER BY kind, needs LIMIT 1)
      UNION ALL
      SELECT following.kind, following.needs FROM waiting, LATERAL (
        SELECT kind, needs FROM jobs WHERE status = 'pending' AND (kind, needs) > (waiting.kind, waiting.needs)
        ORDER BY kind, needs LIMIT 1) AS following
    ), stranded AS (
      SELECT kind, needs FROM waiting WHERE NOT EXISTS (
        SELECT FROM workers WHERE heartbeat_at > ${secondsAgo(sql.lit(LOST_SECONDS))}
          AND (capabilities IS NULL OR 'kind:' || kind = ANY(capabilities)) AND needs <@ coalesce(capabilities, '{}'))
    )
    SELECT kind, needs, (
      SELECT count(*)::int FROM (
        SELECT FROM jobs WHERE jobs.status = 'pending' AND jobs.awaiting IS NULL AND jobs.kind = stranded.kind
          AND jobs.needs = stranded.needs LIMIT ${sql.lit(MAX_COUNTED)}) AS counted) AS jobs
    FROM stranded ORDER BY kind, needs`.execute(db);
  return rows.filter(({ jobs }) => jobs > 0);
}
