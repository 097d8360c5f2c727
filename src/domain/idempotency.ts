import { ApiError } from '../contract/errors.ts';
import type { Tx } from '../database/pool.ts';
import { canonicalJson, sha256 } from '../ids/hash.ts';
import type { Vault } from '../ids/vault.ts';
import { openColumn, sealColumn } from './sealed-columns.ts';

export interface Remembered<T> {
  status: number;
  answer: T;
}

/**
 * Runs `work` once for this account, route and key, and gives every later caller with the same body the same
 * answer (contract B). Runs inside the caller's transaction: the row and what `work` did commit together, and a
 * second caller waits on the unique index until the first has committed.
 */
export async function once<T>(
  tx: Tx,
  vault: Vault,
  scope: { accountId: string; route: string; key: string | null; body: unknown },
  work: () => Promise<Remembered<T>>,
): Promise<Remembered<T> & { repeated: boolean }> {
  if (scope.key === null) return { ...(await work()), repeated: false };
  const requestHash = sha256(canonicalJson(scope.body ?? null));
  const key = vault.fingerprint(scope.key).toString('hex');
  const inserted = await tx
    .insertInto('idempotency_keys')
    .values({
      account_id: scope.accountId,
      route: scope.route,
      key,
      request_hash: requestHash,
      status: 0,
      answer_sealed: Buffer.alloc(0),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .executeTakeFirst();
  const mine = { account_id: scope.accountId, route: scope.route, key };

  if (!inserted) {
    const known = await tx
      .selectFrom('idempotency_keys')
      .selectAll()
      .where((where) => where.and(mine))
      .executeTakeFirst();
    if (!known) throw new ApiError('idempotency_in_progress');
    if (!known.request_hash.equals(requestHash)) throw new ApiError('idempotency_conflict');
    const answer = openColumn(vault, 'idempotency_keys', 'answer_sealed', known);
    return { status: known.status, answer: JSON.parse(answer!) as T, repeated: true };
  }

  const result = await work();
  await tx
    .updateTable('idempotency_keys')
    .set({
      status: result.status,
      answer_sealed: sealColumn(vault, 'idempotency_keys', 'answer_sealed', mine, JSON.stringify(result.answer)),
    })
    .where((where) => where.and(mine))
    .execute();
  return { ...result, repeated: false };
}
