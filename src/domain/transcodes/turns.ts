import { sql } from 'kysely';
import type { Tx } from '../../database/pool.ts';
import type { Lane } from '../../queue/queue.ts';

/** An account that has jobs waiting in the lane, or jobs running in any. */
export interface Contender {
  id: string;
  /** Jobs that run on the whole service, in every lane. */
  running: number;
  /** The most that it may have running. */
  most: number;
  waits: boolean;
  /** Whether its oldest waiting job names a source that has to be fetched. */
  fetches: boolean;
}

/**
 * Everybody who has a say in whose turn it is. The waiting accounts are found by jumping from one to the next in the
 * index (a loose index scan), so that the cost follows the number of accounts and not that of waiting jobs.
 */
export async function contenders(tx: Tx, lane: Lane): Promise<Contender[]> {
  const { rows } = await sql<Contender>`
    WITH RECURSIVE waiting (account_id) AS (
      (SELECT account_id FROM transcodes WHERE status = 'pending' AND lane = ${lane} ORDER BY account_id LIMIT 1)
      UNION ALL
      SELECT (SELECT account_id FROM transcodes
              WHERE status = 'pending' AND lane = ${lane} AND account_id > waiting.account_id
              ORDER BY account_id LIMIT 1)
      FROM waiting WHERE waiting.account_id IS NOT NULL
    ), oldest AS (
      SELECT waiting.account_id, EXISTS (
        SELECT FROM transcode_inputs WHERE transcode_id = job.id AND object_id IS NULL
      ) AS fetches
      FROM waiting CROSS JOIN LATERAL (
        SELECT id FROM transcodes
        WHERE status = 'pending' AND lane = ${lane} AND account_id = waiting.account_id ORDER BY created_at LIMIT 1
      ) AS job
    ), running AS (
      SELECT account_id, count(*)::int AS jobs FROM transcodes WHERE status = 'processing' GROUP BY account_id
    )
    SELECT accounts.id, coalesce(running.jobs, 0) AS running, accounts.max_concurrent AS most,
      oldest.account_id IS NOT NULL AS waits, coalesce(oldest.fetches, false) AS fetches
    FROM oldest FULL JOIN running USING (account_id) JOIN accounts ON accounts.id = account_id`.execute(tx);
  return rows;
}

/**
 * The accounts to pass over, one list a try: first all but those with the fewest running jobs, then all but those with
 * the next fewest, and so on, since what an account waits with may not be due yet. The last list holds only accounts
 * that may not start anything. Whoever is on no list has the same turn as the best of a list: the oldest entry goes first.
 */
export function turns(all: readonly Contender[], mayStart: (account: Contender) => boolean): string[][] {
  const able = all.filter((account) => account.running < account.most && mayStart(account));
  const waiting = able.filter((account) => account.waits);
  const steps = [...new Set(waiting.map((account) => account.running))].sort((a, b) => a - b);
  const lists = steps.map((step) => {
    const first = new Set(waiting.filter((account) => account.running <= step));
    return all.filter((account) => (account.waits ? !first.has(account) : !able.includes(account)));
  });
  // Where nobody waits by the rows, the queue is asked all the same: it may hold an entry that nobody works on.
  if (lists.length === 0) lists.push(all.filter((account) => !able.includes(account)));
  return lists.map((list) => list.map((account) => account.id));
}
