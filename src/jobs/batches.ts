import type { Selectable } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { isUuid, uuidv7 } from '../crypto/uuid.ts';
import type { Vault } from '../crypto/vault.ts';
import { databaseNow } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import { sealColumn } from '../database/sealed-columns.ts';
import type { BatchesTable } from '../database/tables.ts';
import { endBatch } from './batch-end.ts';
import { endCanceled } from './end.ts';
import type { JobsContext } from './kind.ts';
import { lockJob } from './read.ts';
import { isOpen, type Job, OPEN_STATUSES } from './rows.ts';

/*
 * A batch contains the jobs of one request. Its row is locked after the rows of its jobs, so that only the end of the last job completes
 * the batch.
 */

export type BatchRow = Selectable<BatchesTable>;

export interface NewBatch {
  accountId: string;
  keyId: string | null;
  total: number;
  metadata: Record<string, unknown> | null;
  webhookUrl: string | null;
  retentionSeconds: number;
}

/** Inserts a batch without jobs. `openBatch` records the number of its jobs. */
export async function insertBatch(vault: Vault, tx: Tx, batch: NewBatch): Promise<BatchRow> {
  const key = { account_id: batch.accountId, id: uuidv7() };
  const { metadata, webhookUrl } = batch;
  return tx
    .insertInto('batches')
    .values({
      ...key,
      key_id: batch.keyId,
      total: batch.total,
      accepted: 0,
      metadata_sealed: metadata && sealColumn(vault, 'batches', 'metadata_sealed', key, JSON.stringify(metadata)),
      webhook_sealed: webhookUrl === null ? null : sealColumn(vault, 'batches', 'webhook_sealed', key, webhookUrl),
      retention_seconds: batch.retentionSeconds,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** Records the number of accepted entries and the rejections. Completes a batch without jobs. */
export async function openBatch(
  vault: Vault,
  tx: Tx,
  batch: BatchRow,
  { accepted, rejections }: { accepted: number; rejections: readonly object[] },
): Promise<BatchRow> {
  const text = JSON.stringify(rejections);
  await tx
    .updateTable('batches')
    .set({
      accepted,
      refusals_sealed: rejections.length === 0 ? null : sealColumn(vault, 'batches', 'refusals_sealed', batch, text),
    })
    .where('id', '=', batch.id)
    .execute();
  await endBatch(tx, { batch_id: batch.id });
  return tx.selectFrom('batches').selectAll().where('id', '=', batch.id).executeTakeFirstOrThrow();
}

/** Returns a batch. Throws the same 404 for an id that is not a UUID, does not exist, or belongs to another account. */
export async function getBatch(db: Db, accountId: string, id: string): Promise<BatchRow> {
  const row = isUuid(id)
    ? await db
        .selectFrom('batches')
        .selectAll()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ApiError('not_found');
  return row;
}

export type BatchJob = Pick<Job, 'id' | 'status'> & { index: number };

/** Returns the jobs of a batch in the order of the request. */
export async function jobsOfBatch(db: Db, batchId: string): Promise<BatchJob[]> {
  const rows = await db
    .selectFrom('jobs')
    .select(['id', 'status', 'batch_index'])
    .where('batch_id', '=', batchId)
    .orderBy('batch_index')
    .execute();
  return rows.map(({ id, status, batch_index }) => ({ id, status, index: batch_index! }));
}

/**
 * Cancels the open jobs of a batch, and returns their number. Throws 404 if the account has no such batch, and 409 if the batch is
 * complete.
 */
export async function cancelBatch(context: JobsContext, accountId: string, id: string): Promise<number> {
  return context.db.transaction().execute(async (tx) => {
    const batch = await getBatch(tx, accountId, id);
    if (batch.completed_at) throw new ApiError('batch_final', null, { status: statusOf(batch, false) });
    const open = await tx
      .selectFrom('jobs')
      .select(['id', 'kind'])
      .where('batch_id', '=', id)
      .where('status', 'in', OPEN_STATUSES)
      .orderBy('id')
      .execute();
    const locked: Job[] = [];
    for (const job of open) locked.push(await lockJob(tx, accountId, job.kind, job.id));
    const jobs = locked.filter(isOpen);
    if (jobs.length === 0) return 0;
    await tx.updateTable('batches').set({ canceled_at: databaseNow }).where('id', '=', id).execute();
    for (const job of jobs) await endCanceled(context, tx, job);
    return jobs.length;
  });
}

export function statusOf(batch: BatchRow, hasStarted: boolean): 'pending' | 'processing' | 'completed' | 'canceled' {
  if (batch.completed_at) return batch.canceled_at ? 'canceled' : 'completed';
  return hasStarted ? 'processing' : 'pending';
}
