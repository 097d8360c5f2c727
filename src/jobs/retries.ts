import { sql } from 'kysely';
import { failures, isFailureCode } from '../contract/failures.ts';
import type { Retry } from '../contract/retry.ts';
import type { Db } from '../database/pool.ts';
import { type Job, MAX_ATTEMPTS } from './rows.ts';

type WaitingJob = Pick<Job, 'id' | 'status' | 'awaiting' | 'attempts' | 'available_at'>;

interface LastAttempt {
  id: string;
  /** Null if the attempt was released without a failure, for example by a worker that drains. */
  error_code: string | null;
  /** Number of failed and lost attempts. */
  spent: number;
}

/**
 * Returns the next attempt of each of these jobs that waits because an error ended its last attempt, by the id of the job. Reads nothing
 * unless a waiting job has already started.
 */
export async function readRetries(db: Db, jobs: readonly WaitingJob[]): Promise<Map<string, Retry>> {
  const waiting = jobs.filter(({ status, awaiting, attempts }) => status === 'pending' && !awaiting && attempts > 0);
  if (waiting.length === 0) return new Map();
  const { rows } = await sql<LastAttempt>`
    SELECT DISTINCT ON (job_id) job_id AS id, error_code,
      count(*) FILTER (WHERE state IN ('failed', 'lost')) OVER (PARTITION BY job_id)::int AS spent
    FROM attempts WHERE job_id = ANY(${waiting.map(({ id }) => id)}::uuid[])
    ORDER BY job_id, number DESC`.execute(db);
  const last = new Map(rows.map((row) => [row.id, row]));
  return new Map(
    waiting.flatMap(({ id, available_at }) => {
      const { error_code: code, spent } = last.get(id) ?? { error_code: null, spent: 0 };
      return code === null ? [] : [[id, viewRetry(code, spent, available_at)] as const];
    }),
  );
}

function viewRetry(code: string, spent: number, at: Date): Retry {
  return {
    attempt: spent + 1,
    of: MAX_ATTEMPTS,
    at: at.toISOString(),
    error_code: code,
    // A newer release may have more codes.
    error_advice: isFailureCode(code) ? failures[code].advice : null,
  };
}
