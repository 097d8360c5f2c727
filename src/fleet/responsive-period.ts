import { sql } from 'kysely';
import { secondsAgo } from '../database/clock.ts';
import { LOST_SECONDS } from './workers.ts';

/*
 * While the database doesn't respond, no worker can send a heartbeat. When the database responds again, the heartbeats of all workers are
 * old. Silence therefore counts only while the database responds. A worker that died during the outage is found 30 seconds later.
 */

/** The latest period in which the database has responded without a long gap. Its times come from the database. */
export interface ResponsivePeriod {
  since: Date | string;
  until: Date | string;
}

/** Maximum seconds between two responses. After such a gap, the last heartbeat of a running worker is newer than `LOST_SECONDS`. */
const GAP_SECONDS = 15;

/** Extends the period by a response of the database, or starts a new period after a gap. */
export function extend(period: ResponsivePeriod | null, at: Date): ResponsivePeriod {
  const isLate = period === null || at.getTime() - new Date(period.until).getTime() > GAP_SECONDS * 1000;
  return { since: isLate ? at : period.since, until: at };
}

/** Whether the period is long enough for every running worker to have sent a heartbeat. */
export function isLong({ since, until }: ResponsivePeriod): boolean {
  return new Date(until).getTime() - new Date(since).getTime() >= LOST_SECONDS * 1000;
}

/** SQL for whether the period is long enough and lasts until now, so that a worker without a heartbeat in this time is lost. */
export function mayJudge({ since, until }: ResponsivePeriod) {
  return sql<boolean>`(${since}::timestamptz <= ${secondsAgo(LOST_SECONDS)} AND ${until}::timestamptz >= ${secondsAgo(GAP_SECONDS)})`;
}
