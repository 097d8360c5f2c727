import { sql } from 'kysely';
import { LOST_SECONDS } from '../fleet/workers.ts';

/** Minutes for which an account counts as active after a heavy job of it arrived, started or ended. */
const ACTIVE_MINUTES = 5;
/** The largest `integer`: no share applies. */
const ANY_NUMBER = sql.lit(2_147_483_647);

/**
 * How many heavy jobs an account may run while others are active: as many as the fleet has heavy slots, less one. A fleet
 * with one heavy slot has no share to give. A worker of the release before does not report its heavy slots: all its slots
 * count, which restricts less.
 */
const share = sql`coalesce((
  SELECT sum(coalesce(heavy_slots, slots)) - 1 FROM workers
  WHERE heartbeat_at > now() - make_interval(secs => ${sql.lit(LOST_SECONDS)}) AND NOT draining
  HAVING sum(coalesce(heavy_slots, slots)) >= 2), ${ANY_NUMBER})`;

const othersActive = sql`EXISTS (
  SELECT FROM account_schedule AS other
  WHERE other.heavy_at > now() - make_interval(mins => ${sql.lit(ACTIVE_MINUTES)})
    AND other.account_id <> schedule.account_id)`;

/**
 * Condition on the row `schedule` of an account: whether it may start another heavy job. The row is locked while a job is
 * claimed, so the share is exact.
 */
export function withinHeavyShare() {
  return sql`(schedule.running_heavy < ${share} OR NOT ${othersActive})`;
}

/** For the row `schedule` of an account: how many more heavy jobs its share allows now. */
export function slotsInHeavyShare() {
  return sql`(CASE WHEN ${othersActive} THEN ${share} - schedule.running_heavy ELSE ${ANY_NUMBER} END)`;
}
