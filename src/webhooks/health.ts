import { sql } from 'kysely';
import { inSeconds } from '../database/clock.ts';
import type { Tx } from '../database/pool.ts';
import type { DisabledReason } from '../database/tables.ts';
import { recordEvent } from '../events/record.ts';

const FAILING_DAYS = 3;
/** Seconds for which no delivery is sent after the first time-out. Each further time-out doubles this time. */
const FIRST_PAUSE_SECONDS = 5;
/**
 * Maximum seconds of the pause, so that a receiver that works again is detected soon. A receiver that hangs occupies a slot for 10 of 310
 * seconds.
 */
const LONGEST_PAUSE_SECONDS = 300;
const JITTER = 0.2;

/** The result of an attempt for the webhook's health. */
export interface Health {
  ok: boolean;
  /** The receiver responded with 410. */
  isGone: boolean;
  /** The receiver did not respond, or only after a long time. */
  isHanging: boolean;
}

/**
 * Records since when a webhook fails and hangs. Disables a webhook that is gone or has failed for three days. A webhook that hangs gets no
 * deliveries for a pause that grows with each time-out.
 */
export async function noteHealth(tx: Tx, id: string, accountId: string, health: Health): Promise<void> {
  if (health.ok) {
    await tx
      .updateTable('webhooks')
      .set({ failing_since: null, timeouts: 0, backs_off_until: null })
      .where('id', '=', id)
      .where((row) => row.or([row('failing_since', 'is not', null), row('timeouts', '>', 0)]))
      .execute();
    return;
  }
  const { isGone, isHanging } = health;
  const pause = sql<number>`least(${LONGEST_PAUSE_SECONDS}, ${FIRST_PAUSE_SECONDS} * 2.0 ^ least(timeouts, 20)) * ${jitter()}`;
  const { rows } = await sql<{ disabled_reason: DisabledReason | null }>`
    UPDATE webhooks SET failing_since = coalesce(failing_since, now()), updated_at = now(),
      timeouts = CASE WHEN ${isHanging} THEN timeouts + 1 ELSE 0 END,
      backs_off_until = CASE WHEN ${isHanging} THEN ${inSeconds(pause)} END,
      disabled_reason = CASE WHEN ${isGone} THEN 'gone'
        WHEN failing_since < now() - make_interval(days => ${FAILING_DAYS}) THEN 'failing' END,
      disabled_at = CASE WHEN ${isGone} OR failing_since < now() - make_interval(days => ${FAILING_DAYS}) THEN now() END
    WHERE id = ${id} AND disabled_at IS NULL RETURNING disabled_reason`.execute(tx);
  const reason = rows[0]?.disabled_reason;
  if (reason) await recordEvent(tx, { accountId }, 'webhook.disabled', { webhook_id: id, reason });
}

/** Allows the next delivery of a webhook that hangs to start now, because a person requests it. */
export async function endPause(tx: Tx, id: string): Promise<void> {
  await tx
    .updateTable('webhooks')
    .set({ backs_off_until: null })
    .where('id', '=', id)
    .where('backs_off_until', 'is not', null)
    .execute();
}

/** Returns a factor near 1, with up to 20% jitter, so that the retries of many deliveries do not overload a recovering receiver. */
export function jitter(): number {
  return 1 - JITTER + 2 * JITTER * Math.random();
}
