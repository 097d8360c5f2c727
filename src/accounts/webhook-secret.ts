import { type RawBuilder, sql } from 'kysely';
import type { Vault } from '../crypto/vault.ts';
import { makeWebhookSecret } from '../crypto/webhook-signature.ts';
import { inSeconds } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import { openColumn, sealColumn } from '../database/sealed-columns.ts';
import { type Actor, appendAudit } from './audit.ts';

/** The default secret of an account. It signs the events of jobs that name a `webhook_url`. */
export interface AccountSecret {
  secret: string;
  old_secret_until: string | null;
}

/** Returns the secret of the account, and creates it at first use. */
export async function accountSecret(db: Db, vault: Vault, accountId: string): Promise<AccountSecret> {
  const key = { account_id: accountId };
  await db
    .insertInto('webhook_secrets')
    .values({ ...key, secret_sealed: sealColumn(vault, 'webhook_secrets', 'secret_sealed', key, makeWebhookSecret()) })
    .onConflict((conflict) => conflict.column('account_id').doNothing())
    .execute();
  const row = await secretRow(db, accountId).select(selectOverlapEnd).executeTakeFirstOrThrow();
  return {
    secret: openColumn(vault, 'webhook_secrets', 'secret_sealed', row)!,
    old_secret_until: row.overlap_end?.toISOString() ?? null,
  };
}

/** Replaces the secret. For `overlapSeconds`, the old secret also signs. */
export async function rotateAccountSecret(
  tx: Tx,
  vault: Vault,
  accountId: string,
  overlapSeconds: number,
  by: Actor,
): Promise<AccountSecret> {
  await accountSecret(tx, vault, accountId);
  const old = await secretRow(tx, accountId).forUpdate().executeTakeFirstOrThrow();
  const key = { account_id: accountId };
  const secret = makeWebhookSecret();
  const end = retired(overlapSeconds, openColumn(vault, 'webhook_secrets', 'secret_sealed', old), (text) =>
    sealColumn(vault, 'webhook_secrets', 'old_secret_sealed', key, text),
  );
  const { overlap_end } = await tx
    .updateTable('webhook_secrets')
    .set({ ...end, secret_sealed: sealColumn(vault, 'webhook_secrets', 'secret_sealed', key, secret) })
    .where('account_id', '=', accountId)
    .returning(selectOverlapEnd)
    .executeTakeFirstOrThrow();
  await appendAudit(tx, { ...by, action: 'webhook_secret.rotated', target: accountId, result: 'ok' });
  return { secret, old_secret_until: overlap_end?.toISOString() ?? null };
}

/** SQL for the end of the overlap of a rotation, in which the old secret also signs. Null once the overlap has ended. */
export const selectOverlapEnd = sql<Date | null>`
  CASE WHEN old_secret_until > now() THEN old_secret_until END`.as('overlap_end');

/** Returns the columns of a replaced secret. Without an overlap, the old secret no longer signs. */
export function retired(
  overlapSeconds: number,
  old: string | null,
  seal: (text: string) => Buffer,
): { old_secret_sealed: Buffer | null; old_secret_until: RawBuilder<Date> | null } {
  if (overlapSeconds === 0 || old === null) return { old_secret_sealed: null, old_secret_until: null };
  return { old_secret_sealed: seal(old), old_secret_until: inSeconds(overlapSeconds) };
}

function secretRow(db: Db, accountId: string) {
  return db.selectFrom('webhook_secrets').selectAll().where('account_id', '=', accountId);
}
