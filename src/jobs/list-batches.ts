import { createdKey, cutPage, isOlder, listCursors } from '../accounts/list-cursor.ts';
import type { BatchesQuery, BatchSummary } from '../contract/batches.ts';
import type { Context } from '../database/context.ts';
import { anyOf, type OwnKeys } from '../database/own-keys.ts';
import { countBatches } from './batch-end.ts';
import { viewSummary } from './batch-summary.ts';

/** Lists batches without their entries, newest first. Throws `invalid_request` for a cursor of another list. */
export async function listBatches(
  { db, vault }: Pick<Context, 'db' | 'vault'>,
  { accountId, ownKeys }: { accountId: string; ownKeys: OwnKeys },
  { after, limit }: BatchesQuery,
): Promise<{ items: BatchSummary[]; next: string | null }> {
  const cursors = listCursors(vault, 'batches', accountId);
  const position = cursors.parse(after);
  let batches = db.selectFrom('batches').where('account_id', '=', accountId);
  if (ownKeys !== null) batches = batches.where('key_id', '=', anyOf(ownKeys));
  if (position) batches = batches.where(isOlder(position));
  const found = await batches
    .selectAll()
    .select(createdKey.as('created'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1)
    .execute();
  const { rows, next } = cutPage(cursors, found, limit, ({ id, created }) => ({ key: created, id }));
  const counts = await countBatches(
    db,
    rows.map(({ id }) => id),
  );
  return { items: rows.map((row) => viewSummary({ vault }, row, counts.get(row.id)!)), next };
}
