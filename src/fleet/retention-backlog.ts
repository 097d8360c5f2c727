import { sql } from 'kysely';
import type { Db } from '../database/pool.ts';

/** Above this number, a backlog is not counted: the count itself must stay cheap. */
const MOST = 100_000;

/** What is due and not deleted yet, each up to 100,000. */
export interface RetentionBacklog {
  /** Expired jobs. */
  jobs: number;
  /** Objects whose bytes are to be deleted now. */
  objects: number;
  /** Ended uploads to whose URL bytes can still be sent, where the URL has expired. */
  uploads: number;
}

/** One range of an index each. */
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
