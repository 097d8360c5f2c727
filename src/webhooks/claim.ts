import { type RawBuilder, sql } from 'kysely';
import { inSeconds } from '../database/clock.ts';
import type { Db } from '../database/pool.ts';
import type { EventCatalog } from '../events/types.ts';
import type { Delivery } from './deliveries.ts';
import type { ClaimTurn } from './shares.ts';

/** Seconds after which an attempt that has not been recorded counts as lost, because its worker has died. */
const LEASE_SECONDS = 60;
/** Maximum number of concurrent deliveries to one endpoint, so that an endpoint that hangs does not delay other endpoints. */
const PER_ENDPOINT = 2;

export interface ClaimedDelivery extends Delivery {
  /** Whether the endpoint did not respond to the last attempt in time. */
  is_probe: boolean;
  /** Seconds since its event. */
  age: number;
}

/** Whether any delivery is due. This check is cheaper than a claim. */
export async function hasDueDeliveries(db: Db, catalog: EventCatalog): Promise<boolean> {
  const { rows } = await sql<{ due: boolean }>`
    SELECT EXISTS (
      SELECT FROM webhook_deliveries WHERE state = 'pending' AND next_attempt_at <= now() AND ${isKnown(catalog)}
    ) AS due`.execute(db);
  return rows[0]!.due;
}

/** Condition that this release knows the type of an event. The workers of a newer release send the events of other types. */
const isKnown = (catalog: EventCatalog) => sql`type = ANY(${[...catalog.keys()]}::text[])`;

/**
 * Claims due deliveries: first of the account with the fewest deliveries in progress, then the oldest. Claims at most two deliveries per
 * endpoint, and at most one for an endpoint that timed out. Each claimed delivery belongs to this worker for a minute. If the worker dies,
 * the delivery is sent again.
 */
export async function claimDeliveries(db: Db, catalog: EventCatalog, turn: ClaimTurn): Promise<ClaimedDelivery[]> {
  const { rows } = await claimStatement(catalog, turn).execute(db);
  return rows;
}

/**
 * Returns the statement of a claim:
 *
 *     accounts with pending deliveries   one index probe each, however many deliveries they have
 *       └ due, below its share           fewest in progress first
 *           └ endpoints that may be used  at most 21: its webhooks, and the account itself for the URLs of jobs
 *               └ oldest due deliveries
 */
export function claimStatement(
  catalog: EventCatalog,
  { limit, share, probeShare, accounts, endpoints }: ClaimTurn,
): RawBuilder<ClaimedDelivery> {
  const isSendable = isKnown(catalog);
  const lease = inSeconds(LEASE_SECONDS);
  // `claimed` is materialized, because a join may run a subquery again for every row, and each run would lock other rows.
  return sql<ClaimedDelivery>`
    WITH RECURSIVE waiting AS (
      (SELECT account_id, next_attempt_at AS due FROM webhook_deliveries
        WHERE state = 'pending' ORDER BY account_id, next_attempt_at LIMIT 1)
      UNION ALL
      SELECT next.account_id, next.next_attempt_at FROM waiting CROSS JOIN LATERAL (
        SELECT account_id, next_attempt_at FROM webhook_deliveries
        WHERE state = 'pending' AND account_id > waiting.account_id ORDER BY account_id, next_attempt_at LIMIT 1
      ) AS next
    ), busy AS (
      SELECT * FROM unnest(${endpoints.map(({ endpoint }) => endpoint)}::uuid[],
        ${endpoints.map(({ deliveries }) => deliveries)}::int[]) AS busy (endpoint, deliveries)
    ), account AS (
      SELECT account_id, ${share} - coalesce(deliveries, 0) AS free, greatest(0, ${probeShare} - coalesce(probes, 0)) AS probes
      FROM waiting LEFT JOIN unnest(${accounts.map(({ accountId }) => accountId)}::uuid[],
        ${accounts.map(({ deliveries }) => deliveries)}::int[],
        ${accounts.map(({ probes }) => probes)}::int[]) AS sending (account_id, deliveries, probes) USING (account_id)
      WHERE due <= now() AND coalesce(deliveries, 0) < ${share}
      ORDER BY coalesce(deliveries, 0), due
    ), claimed AS MATERIALIZED (
      SELECT mine.id, next.endpoint, next.is_probe
      FROM account CROSS JOIN LATERAL (
        SELECT one.id, target.endpoint, target.is_probe FROM (
          SELECT id AS endpoint, false AS is_probe FROM webhooks
          WHERE account_id = account.account_id AND (timeouts = 0 OR disabled_at IS NOT NULL)
          UNION ALL
          SELECT account.account_id, false
          UNION ALL
          (SELECT id, true FROM webhooks
            WHERE account_id = account.account_id AND timeouts > 0 AND disabled_at IS NULL
              AND coalesce(backs_off_until, '-infinity') <= now()
              AND EXISTS (SELECT FROM webhook_deliveries
                WHERE endpoint = webhooks.id AND state = 'pending' AND next_attempt_at <= now() AND ${isSendable})
            ORDER BY backs_off_until NULLS FIRST LIMIT account.probes)
        ) AS target LEFT JOIN busy USING (endpoint) CROSS JOIN LATERAL (
          SELECT id, next_attempt_at FROM webhook_deliveries
          WHERE endpoint = target.endpoint AND state = 'pending' AND next_attempt_at <= now() AND ${isSendable}
          ORDER BY next_attempt_at
          LIMIT greatest(0, CASE WHEN target.is_probe THEN 1 ELSE ${PER_ENDPOINT} END - coalesce(busy.deliveries, 0))
        ) AS one
        ORDER BY one.next_attempt_at LIMIT account.free
      ) AS next CROSS JOIN LATERAL (
        SELECT id FROM webhook_deliveries
        WHERE id = next.id AND state = 'pending' AND next_attempt_at <= now() FOR UPDATE SKIP LOCKED
      ) AS mine LIMIT ${limit}
    ), probed AS (
      UPDATE webhooks SET backs_off_until = ${lease} FROM claimed WHERE webhooks.id = claimed.endpoint AND claimed.is_probe
    )
    UPDATE webhook_deliveries AS mine SET attempts = mine.attempts + 1, next_attempt_at = ${lease}
    FROM claimed WHERE mine.id = claimed.id
    RETURNING mine.*, claimed.is_probe, extract(epoch FROM now() - mine.created_at)::float8 AS age`;
}
