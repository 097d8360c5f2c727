import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';
import { LOST_SECONDS } from './workers.ts';

/** What a worker advertises for a kind of job that it runs. */
export const kindCapability = (kind: string): string => `kind:${kind}`;

/** Jobs that wait and that no living worker can run. */
export interface StrandedJobs {
  kind: string;
  /** What they require of a worker beyond their kind. */
  needs: string[];
  /** At most `MAX_COUNTED`. */
  jobs: number;
}

/** A count beyond it tells an operator nothing more, and reads the queue. */
const MAX_COUNTED = 1000;

/**
 * Reads the kinds and needs of the queue one by one from an index, whatever the number of jobs. A worker of the release
 * before does not say what it can do: it counts for every kind, and for no needs.
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
        SELECT FROM workers WHERE heartbeat_at > now() - make_interval(secs => ${sql.lit(LOST_SECONDS)})
          AND (capabilities IS NULL OR 'kind:' || kind = ANY(capabilities)) AND needs <@ coalesce(capabilities, '{}'))
    )
    SELECT kind, needs, (
      SELECT count(*)::int FROM (
        SELECT FROM jobs WHERE jobs.status = 'pending' AND jobs.awaiting IS NULL AND jobs.kind = stranded.kind
          AND jobs.needs = stranded.needs LIMIT ${sql.lit(MAX_COUNTED)}) AS counted) AS jobs
    FROM stranded ORDER BY kind, needs`.execute(db);
  return rows.filter(({ jobs }) => jobs > 0);
}
