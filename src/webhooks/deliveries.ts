import { type Selectable, sql } from 'kysely';
import { createdKey, cutPage, isOlder, type ListCursors } from '../accounts/list-cursor.ts';
import { ApiError } from '../contract/errors.ts';
import type { DeliveriesQuery, DeliveryError, DeliveryView } from '../contract/webhooks.ts';
import { isUuid } from '../crypto/uuid.ts';
import { databaseNow } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { WebhookDeliveriesTable } from '../database/tables.ts';
import { endPause } from './health.ts';

export type Delivery = Selectable<WebhookDeliveriesTable>;

/** Lists the deliveries of a webhook, newest first. */
export async function listDeliveries(
  db: Db,
  cursors: ListCursors,
  webhookId: string,
  { status, page, limit, after }: DeliveriesQuery,
): Promise<{ items: DeliveryView[]; total: number; next: string | null }> {
  const position = cursors.parse(after);
  let filtered = db.selectFrom('webhook_deliveries').where('webhook_id', '=', webhookId);
  if (status) filtered = filtered.where('state', '=', status);
  const { total } = await filtered
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const newest = filtered
    .selectAll()
    .select(createdKey.as('created'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  const found = await (position ? newest.where(isOlder(position)) : newest.offset((page - 1) * limit)).execute();
  const { rows, next } = cutPage(cursors, found, limit, ({ id, created }) => ({ key: created, id }));
  return { items: rows.map(viewDelivery), total, next };
}

/** Returns a delivery. Also throws `not_found` for a delivery of another account. */
export async function getDelivery(db: Db, accountId: string, id: string): Promise<Delivery> {
  const delivery = isUuid(id) && (await own(db, accountId, id).selectAll().executeTakeFirst());
  if (!delivery) throw new ApiError('not_found');
  return delivery;
}

/** Sends a delivery again, under the same `webhook-id`, with all its retries. A pending delivery is sent now. */
export async function redeliver(tx: Tx, accountId: string, id: string): Promise<Delivery> {
  const { webhook_id } = await getDelivery(tx, accountId, id);
  if (webhook_id) {
    const { disabled_at } = await tx
      .selectFrom('webhooks')
      .select('disabled_at')
      .where('id', '=', webhook_id)
      .executeTakeFirstOrThrow();
    if (disabled_at) throw new ApiError('webhook_disabled');
    await endPause(tx, webhook_id);
  }
  return tx
    .updateTable('webhook_deliveries')
    .set({
      state: 'pending',
      attempts: 0,
      earlier_attempts: sql`earlier_attempts + attempts`,
      next_attempt_at: databaseNow,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function viewDelivery(row: Delivery): DeliveryView {
  return {
    id: row.id,
    webhook_id: row.webhook_id,
    type: row.type,
    job_id: row.job_id,
    status: row.state,
    attempts: row.earlier_attempts + row.attempts,
    next_attempt_at: row.state === 'pending' ? (row.next_attempt_at?.toISOString() ?? null) : null,
    response_status: row.status,
    error: row.error as DeliveryError | null,
    created_at: row.created_at.toISOString(),
    attempted_at: row.attempted_at?.toISOString() ?? null,
  };
}

function own(db: Db, accountId: string, id: string) {
  return db.selectFrom('webhook_deliveries').where('account_id', '=', accountId).where('id', '=', id);
}
