import { sql } from 'kysely';
import { secondsAgo } from '../database/clock.ts';
import { LOST_SECONDS } from '../fleet/workers.ts';

/** Minutes for which an account counts as active after one of its heavy jobs arrived, started or ended. */
const ACTIVE_MINUTES = 5;
/** The largest value of the type `integer`. It means that no share applies. */
const ANY_NUMBER = sql.lit(2_147_483_647);

/**
 * The number of heavy jobs that an account may run while other accounts are active: the number of heavy slots of the fleet minus one. With
 * fewer than two heavy slots, no share applies. A worker of the previous release does not report its heavy slots, so all its slots count,
 * which makes the limit less strict.
 */
const share = sql`coalesce((
  SELECT sum(coalesce(heavy_slots, slots)) - 1 FROM workers
  WHERE heartbeat_at > ${secondsAgo(sql.lit(LOST_SECONDS))} AND NOT draining
  HAVING sum(coalesce(heavy_slots, slots)) >= 2), ${ANY_NUMBER})`;

const othersActive = sql`EXISTS (
  SELECT FROM account_schedule AS other
  WHERE other.heavy_at > now() - make_interval(mins => ${sql.lit(ACTIVE_MINUTES)})
    AND other.account_id <> schedule.account_id)`;

/**
 * Condition on the row `schedule` of an account: the account may start another heavy job. The row is locked while a job is claimed, so the
 * share is exact.
 */
export function withinHeavyShare() {
  return sql`(schedule.running_heavy < ${share} OR NOT ${othersActive})`;
}

/** Returns SQL for the number of heavy jobs that the share of an account still allows. The row of the account is `schedule`. */
export function slotsInHeavyShare() {
  return sql`(CASE WHEN ${othersActive} THEN ${share} - schedule.running_heavy ELSE ${ANY_NUMBER} END)`;
}
