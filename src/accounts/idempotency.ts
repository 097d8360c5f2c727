import { ApiError } from '../contract/errors.ts';
import { canonicalJson } from '../crypto/hash.ts';
import type { Vault } from '../crypto/vault.ts';
import { isOwn, type OwnKeys } from '../database/own-keys.ts';
import { type Db, sendWithCommit, type Tx } from '../database/pool.ts';
import { openColumn, sealColumn } from '../database/sealed-columns.ts';

/** An idempotency key that a client sent. All clients of an account and route share the same keys. */
export interface IdempotencyScope {
  accountId: string;
  route: string;
  key: string | null;
  body: unknown;
  /** The keys whose jobs and batches the caller may see. Absent for routes that create neither jobs nor batches. */
  ownKeys?: OwnKeys;
}

export interface Remembered<T> {
  status: number;
  answer: T;
  /** The resource that `work` created. Erasing this resource also erases the response. */
  made?: { job_id: string } | { upload_id: string } | { batch_id: string };
}

/**
 * Runs `work` once for this account, route and key, and returns the same response to every later call with the same body. Uses the caller's
 * transaction: the row and the changes of `work` commit together, and until then a concurrent call waits on the unique index. Throws 409
 * for the same key with another body. Also throws 409 after the created resource was erased, because the response would describe it, and a
 * retry must not create it again. A caller that may not see the resource of the first call gets the same 409 as for another body.
 */
export async function withIdempotencyKey<T>(
  tx: Tx,
  vault: Vault,
  scope: IdempotencyScope,
  work: () => Promise<Remembered<T>>,
): Promise<Omit<Remembered<T>, 'made'> & { repeated: boolean }> {
  if (scope.key === null) return { ...(await work()), repeated: false };
  // Use a keyed hash, because a reader of the database could test guesses against a plain hash.
  const print = vault.fingerprint(canonicalJson(scope.body ?? null));
  const row = { account_id: scope.accountId, route: scope.route, key: vault.fingerprint(scope.key).toString('hex') };
  const inserted = await tx
    .insertInto('idempotency_keys')
    .values({ ...row, status: 0, request_print: print })
    .onConflict((conflict) => conflict.doNothing())
    .returning('key')
    .executeTakeFirst();

  if (!inserted) {
    const known = await tx
      .selectFrom('idempotency_keys')
      .selectAll()
      .where((where) => where.and(row))
      .executeTakeFirst();
    if (!known) throw new ApiError('idempotency_in_progress');
    const answer = openColumn(vault, 'idempotency_keys', 'answer_sealed', known);
    if (answer === null || known.request_print === null) throw new ApiError('idempotency_key_used');
    if (!known.request_print.equals(print) || !(await maySee(tx, known, scope.ownKeys ?? null)))
      throw new ApiError('idempotency_conflict');
    return { status: known.status, answer: JSON.parse(answer) as T, repeated: true };
  }

  const { status, answer, made } = await work();
  const answered = tx
    .updateTable('idempotency_keys')
    .set({
      status,
      answer_sealed: sealColumn(vault, 'idempotency_keys', 'answer_sealed', row, JSON.stringify(answer)),
      ...made,
    })
    .where((where) => where.and(row))
    .execute();
  await sendWithCommit(tx, answered);
  return { status, answer, repeated: false };
}

async function maySee(
  tx: Tx,
  { job_id, batch_id }: { job_id: string | null; batch_id: string | null },
  keys: OwnKeys,
): Promise<boolean> {
  if (keys === null) return true;
  if (batch_id !== null) return isOwn(tx, 'batches', batch_id, keys);
  return job_id !== null && isOwn(tx, 'jobs', job_id, keys);
}

/**
 * Deletes the stored responses that describe these jobs, uploads or batches, and the HMACs of the requests. The idempotency keys of these
 * requests cannot be used again.
 */
export async function scrubResponses(
  tx: Db,
  made: 'job_id' | 'upload_id' | 'batch_id',
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await tx
    .updateTable('idempotency_keys')
    .set({ request_print: null, answer_sealed: null })
    .where(made, 'in', ids)
    .execute();
}
