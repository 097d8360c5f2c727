import { sql } from 'kysely';
import * as z from 'zod';
import { inSeconds } from '../database/clock.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { JobStatus } from '../database/tables.ts';
import { recordEvent } from '../events/record.ts';
import type { Job } from './rows.ts';
import { shownStatusColumn } from './shown-status.ts';

export type BatchCounts = Record<JobStatus, number>;

/** Counts the jobs of each batch by the status that clients see. The keys of the map are the ids of the batches. */
export async function countBatches(db: Db, ids: readonly string[]): Promise<Map<string, BatchCounts>> {
  const counts = new Map(ids.map((id) => [id, { pending: 0, processing: 0, completed: 0, failed: 0, canceled: 0 }]));
  if (ids.length === 0) return counts;
  const rows = await db
    .selectFrom('jobs')
    .select(['batch_id', shownStatusColumn.as('status'), (select) => select.fn.countAll<number>().as('jobs')])
    .where('batch_id', 'in', ids)
    .groupBy(['batch_id', shownStatusColumn])
    .execute();
  for (const { batch_id, status, jobs } of rows) counts.get(batch_id!)![status] = jobs;
  return counts;
}

const ended = z.object({ account_id: z.string(), total: z.number(), accepted: z.number() });

/** If a job has just become final and was the last open job of its batch, completes the batch and records the event. */
export async function endBatch(tx: Tx, { batch_id: id }: Pick<Job, 'batch_id'>): Promise<void> {
  if (id === null) return;
  // Lock the batch before reading its jobs. A transaction that ends another job takes the same lock, and then sees the rows that this
  // transaction has written.
  await tx.selectFrom('batches').select('id').where('id', '=', id).forUpdate().execute();
  const { rows } = await sql`
    UPDATE batches SET completed_at = now(), expires_at = ${inSeconds(sql.ref('retention_seconds'))}
    WHERE id = ${id} AND completed_at IS NULL
      AND NOT EXISTS (SELECT FROM jobs WHERE batch_id = ${id} AND completed_at IS NULL)
    RETURNING account_id, total, accepted`.execute(tx);
  if (!rows[0]) return;
  const { account_id: accountId, total, accepted } = ended.parse(rows[0]);
  const { completed, failed, canceled } = (await countBatches(tx, [id])).get(id)!;
  const result = { total, accepted, refused: total - accepted, completed, failed, canceled };
  await recordEvent(tx, { accountId, batchId: id }, 'batch.completed', result);
}
