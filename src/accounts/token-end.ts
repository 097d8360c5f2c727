import { ApiError } from '../contract/errors.ts';
import { databaseNow } from '../database/clock.ts';
import type { Tx } from '../database/pool.ts';
import { recordEvent } from '../events/record.ts';
import { type Actor, appendAudit } from './audit.ts';
import { isAliveRow } from './key-life.ts';

/*
 * A person grants an application access with an OAuth token. Keys and webhooks refer to the key that made them, so that revoking a token
 * also revokes or disables them: docs/decisions/0044-keys-own-jobs.md.
 */

/**
 * Revokes the keys that this key created or rotated, directly or through other keys, and disables the webhooks that any of them made. Each
 * level is a separate statement: a key that is creating another key has locked its own row, so the statement that revokes it waits, and the
 * next statement sees the new key. The audit log, which serializes its writers, is written last.
 */
export async function endWhatKeyMade(tx: Tx, key: { id: string; account_id: string }, by: Actor): Promise<void> {
  const ended = new Set<string>();
  const revoked: Made[] = [];
  for (let level = [key.id]; level.length > 0; ) {
    for (const id of level) ended.add(id);
    revoked.push(...(await revokeMadeBy(tx, level)));
    const made = await tx.selectFrom('api_keys').select('id').where('made_by', 'in', level).execute();
    level = made.map(({ id }) => id).filter((id) => !ended.has(id));
  }
  const disabled = await disableMadeBy(tx, [...ended]);
  const account = { accountId: key.account_id };
  for (const { id, made_by } of revoked) {
    await recordEvent(tx, account, 'key.revoked', { key_id: id });
    await appendAudit(tx, { ...by, action: 'key.revoked', target: id, result: 'ok', details: { made_by } });
  }
  for (const { id, made_by } of disabled) {
    await recordEvent(tx, account, 'webhook.disabled', { webhook_id: id, reason: 'revoked' });
    await appendAudit(tx, { ...by, action: 'webhook.disabled', target: id, result: 'ok', details: { made_by } });
  }
}

interface Made {
  id: string;
  made_by: string | null;
}

function revokeMadeBy(tx: Tx, makers: readonly string[]): Promise<Made[]> {
  return tx
    .updateTable('api_keys')
    .set({ revoked_at: databaseNow })
    .where('made_by', 'in', makers)
    .where('revoked_at', 'is', null)
    .returning(['id', 'made_by'])
    .execute();
}

/** Disables the webhooks that these keys made. Also disables paused webhooks, so that they cannot be enabled without notice. */
function disableMadeBy(tx: Tx, makers: readonly string[]): Promise<Made[]> {
  return tx
    .updateTable('webhooks')
    .set({ disabled_at: databaseNow, disabled_reason: 'revoked', updated_at: databaseNow })
    .where('made_by', 'in', makers)
    .where((where) => where.or([where('disabled_at', 'is', null), where('disabled_reason', '=', 'paused')]))
    .returning(['id', 'made_by'])
    .execute();
}

/** Makes a new token the maker of the keys and webhooks that earlier tokens of the same person and client made. */
export async function takeOver(tx: Tx, from: readonly string[], to: string): Promise<void> {
  if (from.length === 0) return;
  await tx.updateTable('api_keys').set({ made_by: to }).where('made_by', 'in', from).execute();
  await tx.updateTable('webhooks').set({ made_by: to }).where('made_by', 'in', from).execute();
}

/**
 * Locks the key of a request until the transaction ends. Throws `unauthorized` if the key was revoked after the request was authenticated,
 * because resources that it makes now would outlive it.
 */
export async function requireLivingKey(tx: Tx, keyId: string | null): Promise<void> {
  if (keyId === null) return;
  const key = await tx
    .selectFrom('api_keys')
    .select('id')
    .where('id', '=', keyId)
    .where(isAliveRow)
    .forShare()
    .executeTakeFirst();
  if (!key) throw new ApiError('unauthorized');
}
