import type { BatchSummary } from '../contract/batches.ts';
import type { Context } from '../database/context.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { type BatchCounts, countBatches } from './batch-end.ts';
import { type BatchRow, statusOf } from './batches.ts';

/** Returns batches by id, in the form that events show: without their items. */
export async function batchSummaries(
  context: Pick<Context, 'db' | 'vault'>,
  accountId: string,
  ids: readonly string[],
): Promise<Map<string, BatchSummary>> {
  if (ids.length === 0) return new Map();
  const rows = await context.db
    .selectFrom('batches')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('id', 'in', ids)
    .execute();
  const counts = await countBatches(
    context.db,
    rows.map(({ id }) => id),
  );
  return new Map(rows.map((row) => [row.id, viewSummary(context, row, counts.get(row.id)!)]));
}

/** Returns a batch without its items. */
export function viewSummary({ vault }: Pick<Context, 'vault'>, batch: BatchRow, jobs: BatchCounts): BatchSummary {
  const metadata = openColumn(vault, 'batches', 'metadata_sealed', batch);
  return {
    id: batch.id,
    status: statusOf(batch, jobs.pending < batch.accepted),
    total: batch.total,
    accepted: batch.accepted,
    refused: batch.total - batch.accepted,
    jobs,
    metadata: { user: metadata === null ? null : JSON.parse(metadata) },
    created_at: batch.created_at.toISOString(),
    completed_at: batch.completed_at?.toISOString() ?? null,
  };
}
