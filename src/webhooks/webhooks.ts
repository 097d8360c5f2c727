import { type Selectable, sql } from 'kysely';
import { type Account, lockAccount } from '../accounts/accounts.ts';
import type { Actor } from '../accounts/audit.ts';
import { appendAudit } from '../accounts/audit.ts';
import { countOfDay } from '../accounts/count-of-day.ts';
import { listCursors, pageOf } from '../accounts/list-cursor.ts';
import { requireLivingKey } from '../accounts/token-end.ts';
import { retired, selectOverlapEnd } from '../accounts/webhook-secret.ts';
import { ApiError } from '../contract/errors.ts';
import {
  type CreateWebhookBody,
  MAX_NEW_WEBHOOKS_A_DAY,
  MAX_WEBHOOKS,
  type UpdateWebhookBody,
  type WebhookView,
} from '../contract/webhooks.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Vault } from '../crypto/vault.ts';
import { makeWebhookSecret } from '../crypto/webhook-signature.ts';
import { databaseNow } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import { openColumn, sealColumn } from '../database/sealed-columns.ts';
import type { WebhooksTable } from '../database/tables.ts';
import { recordEvent } from '../events/record.ts';
import { endPause } from './health.ts';

/** A webhook, and `selectOverlapEnd` of its secret. */
export type Webhook = Selectable<WebhooksTable> & { overlap_end: Date | null };

/** A webhook and its new secret, which is shown only once. */
export interface CreatedWebhook {
  webhook: Webhook;
  secret: string;
}

/** Who changes a webhook: a key, or null for a person. `actor` is for the audit log. */
export interface WebhookEditor {
  keyId: string | null;
  by: Actor;
}

/** Creates a webhook. Its URL has been checked. Throws `too_many_webhooks`. */
export async function createWebhook(
  tx: Tx,
  vault: Vault,
  account: Account,
  body: CreateWebhookBody,
  { keyId, by }: WebhookEditor,
): Promise<CreatedWebhook> {
  // With the lock, concurrent creates count each other.
  await lockAccount(tx, account.id);
  await requireLivingKey(tx, keyId);
  const { count } = await tx
    .selectFrom('webhooks')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('account_id', '=', account.id)
    .executeTakeFirstOrThrow();
  if (count >= MAX_WEBHOOKS) throw new ApiError('too_many_webhooks', { limit: MAX_WEBHOOKS });
  await requireNewWebhook(tx, account);
  const key = { account_id: account.id, id: uuidv7() };
  const secret = makeWebhookSecret();
  const webhook = await tx
    .insertInto('webhooks')
    .values({
      ...key,
      url_sealed: sealColumn(vault, 'webhooks', 'url_sealed', key, body.url),
      description_sealed: sealDescription(vault, key, body.description),
      types: body.types ?? null,
      made_by: keyId,
      secret_sealed: sealColumn(vault, 'webhooks', 'secret_sealed', key, secret),
    })
    .returningAll()
    .returning(selectOverlapEnd)
    .executeTakeFirstOrThrow();
  await appendAudit(tx, { ...by, action: 'webhook.created', target: webhook.id, result: 'ok' });
  return { webhook, secret };
}

async function requireNewWebhook(tx: Tx, account: Account): Promise<void> {
  if ((await countOfDay(tx, 'webhooks', account.id)) <= MAX_NEW_WEBHOOKS_A_DAY) return;
  throw new ApiError('too_many_webhooks', {
    limit: MAX_NEW_WEBHOOKS_A_DAY,
    reason: `the account has created ${MAX_NEW_WEBHOOKS_A_DAY} webhooks within 24 hours`,
    remedy: 'Change a webhook with PATCH instead of creating a new one, or try again tomorrow',
  });
}

/** Returns a page of the webhooks of an account, newest first. Reads all webhooks, of which an account has few. */
export async function listWebhooks(
  db: Db,
  vault: Vault,
  accountId: string,
  query: { after?: string | undefined; limit: number },
): Promise<{ items: WebhookView[]; next: string | null }> {
  const webhooks = await db
    .selectFrom('webhooks')
    .selectAll()
    .select(selectOverlapEnd)
    .where('account_id', '=', accountId)
    .execute();
  const { rows, next } = pageOf(listCursors(vault, 'webhooks', accountId), webhooks, query, {
    positionOf: (one) => ({ key: one.created_at.toISOString(), id: one.id }),
    direction: 'desc',
  });
  return { items: rows.map((one) => viewWebhook(vault, one)), next };
}

/** Returns a webhook. Also throws `not_found` for a webhook of another account. */
export async function getWebhook(db: Db, accountId: string, id: string): Promise<Webhook> {
  const webhook = await own(db, accountId, id).selectAll().select(selectOverlapEnd).executeTakeFirst();
  if (!webhook) throw new ApiError('not_found');
  return webhook;
}

/**
 * Changes the fields that are present. Enabling a webhook, or changing its URL, ends its pause. Enabling a webhook also resets the record
 * of its failures. The person or key that chooses the URL or enables the webhook becomes its maker.
 */
export async function updateWebhook(
  tx: Tx,
  vault: Vault,
  { account_id, id }: Pick<Webhook, 'account_id' | 'id'>,
  body: UpdateWebhookBody,
  { keyId, by }: WebhookEditor,
): Promise<Webhook> {
  await requireLivingKey(tx, keyId);
  const key = { account_id, id };
  const webhook = await tx
    .updateTable('webhooks')
    .set({
      updated_at: databaseNow,
      ...((body.url !== undefined || body.enabled === true) && { made_by: keyId }),
      ...(body.url !== undefined && { url_sealed: sealColumn(vault, 'webhooks', 'url_sealed', key, body.url) }),
      ...(body.description !== undefined && { description_sealed: sealDescription(vault, key, body.description) }),
      ...(body.types !== undefined && { types: body.types }),
      ...((body.enabled === true || body.url !== undefined) && { timeouts: 0, backs_off_until: null }),
      ...(body.enabled === true && { disabled_at: null, disabled_reason: null, failing_since: null }),
      ...(body.enabled === false && { disabled_at: databaseNow, disabled_reason: 'paused' as const }),
    })
    .where('account_id', '=', account_id)
    .where('id', '=', id)
    .returningAll()
    .returning(selectOverlapEnd)
    .executeTakeFirst();
  if (!webhook) throw new ApiError('not_found');
  await appendAudit(tx, { ...by, action: 'webhook.updated', target: id, result: 'ok' });
  return webhook;
}

/** Deletes a webhook with its deliveries. */
export async function deleteWebhook(tx: Tx, accountId: string, id: string, by: Actor): Promise<void> {
  const deleted = await tx
    .deleteFrom('webhooks')
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  if (!deleted) throw new ApiError('not_found');
  await appendAudit(tx, { ...by, action: 'webhook.deleted', target: id, result: 'ok' });
}

/**
 * Replaces the secret. Deliveries are also signed with the old secret for `overlapSeconds`. The person or key that receives the new secret
 * becomes the maker.
 */
export async function rotateWebhook(
  tx: Tx,
  vault: Vault,
  { account_id, id }: Pick<Webhook, 'account_id' | 'id'>,
  overlapSeconds: number,
  { keyId, by }: WebhookEditor,
): Promise<CreatedWebhook> {
  await requireLivingKey(tx, keyId);
  const key = { account_id, id };
  const old = await own(tx, account_id, id).selectAll().forUpdate().executeTakeFirst();
  if (!old) throw new ApiError('not_found');
  const secret = makeWebhookSecret();
  const webhook = await tx
    .updateTable('webhooks')
    .set({
      ...retired(overlapSeconds, openColumn(vault, 'webhooks', 'secret_sealed', old), (text) =>
        sealColumn(vault, 'webhooks', 'old_secret_sealed', key, text),
      ),
      secret_sealed: sealColumn(vault, 'webhooks', 'secret_sealed', key, secret),
      made_by: keyId,
      updated_at: databaseNow,
    })
    .where('id', '=', id)
    .returningAll()
    .returning(selectOverlapEnd)
    .executeTakeFirstOrThrow();
  await appendAudit(tx, { ...by, action: 'webhook.rotated', target: id, result: 'ok' });
  return { webhook, secret };
}

/**
 * Queues a test event for one webhook. The event is sent like any other event, but does not wait for the end of a pause. Returns the id of
 * the delivery.
 */
export async function testWebhook(tx: Tx, { id, account_id, disabled_at }: Webhook): Promise<string> {
  if (disabled_at) throw new ApiError('webhook_disabled');
  await endPause(tx, id);
  await recordEvent(tx, { accountId: account_id }, 'webhook.test', { webhook_id: id }, { only: { webhookId: id } });
  const { id: delivery } = await tx
    .selectFrom('webhook_deliveries')
    .select('id')
    .where('webhook_id', '=', id)
    .where('event_tx', '=', sql<string>`pg_current_xact_id()`)
    .executeTakeFirstOrThrow();
  return delivery;
}

export function viewWebhook(vault: Vault, webhook: Webhook): WebhookView {
  return {
    id: webhook.id,
    url: openColumn(vault, 'webhooks', 'url_sealed', webhook)!,
    types: webhook.types,
    description: openColumn(vault, 'webhooks', 'description_sealed', webhook),
    enabled: webhook.disabled_at === null,
    disabled_at: webhook.disabled_at?.toISOString() ?? null,
    disabled_reason: webhook.disabled_reason,
    failing_since: webhook.failing_since?.toISOString() ?? null,
    backs_off_until: webhook.backs_off_until?.toISOString() ?? null,
    old_secret_until: webhook.overlap_end?.toISOString() ?? null,
    created_at: webhook.created_at.toISOString(),
    updated_at: webhook.updated_at.toISOString(),
  };
}

function own(db: Db, accountId: string, id: string) {
  return db.selectFrom('webhooks').where('account_id', '=', accountId).where('id', '=', id);
}

function sealDescription(vault: Vault, key: { account_id: string; id: string }, text: string | null | undefined) {
  return text ? sealColumn(vault, 'webhooks', 'description_sealed', key, text) : null;
}
