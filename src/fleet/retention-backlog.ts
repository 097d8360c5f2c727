import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';

/** Maximum count of a backlog, because counting must stay cheap. */
const MOST = 100_000;

/** Numbers of rows that are due for deletion, each up to 100,000. */
export interface RetentionBacklog {
  /** Expired jobs. */
  jobs: number;
  /** Objects whose bytes are to be deleted now. */
  objects: number;
  /** Uploads that have ended, and whose staging key must still be closed after their URL has expired. */
  uploads: number;
}

/** Counts the rows that are due for deletion. Each count reads one range of an index. */
export async function readBacklog(db: Db): Promise<RetentionBacklog> {
  const count = (from: ReturnType<typeof sql>) =>
    sql`(SELECT count(*)::int FROM (SELECT ${from} LIMIT ${MOST}) AS due)`;
  const { rows } = await sql<RetentionBacklog>`SELECT
    ${count(sql`FROM jobs WHERE expires_at <= now() AND erased_at IS NULL`)} AS jobs,
    ${count(sql`FROM objects WHERE state = 'deleting' AND deletion_due_at <= now()`)} AS objects,
    ${count(sql`FROM uploads WHERE staging_closed_at IS NULL AND url_expires_at <= now()
      AND state IN ('confirmed', 'deleted')`)} AS uploads`.execute(db);
  return rows[0]!;
}
