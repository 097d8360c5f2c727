import { listCursors } from '../accounts/list-cursor.ts';
import type { ListQuery } from '../contract/jobs.ts';
import type { OwnKeys } from '../database/own-keys.ts';
import { countJobs, pageIds } from '../jobs/list-page.ts';
import type { ShownKind, ViewContext } from './kind.ts';

/**
 * Returns a page of jobs of a kind for clients, newest first. `since` and `until` are inclusive and filter by
 * `updated_at`.
 */
export async function listJobs(
  context: ViewContext,
  { name, shown }: { name: string; shown: Pick<ShownKind, 'list'> },
  { accountId, ownKeys }: { accountId: string; ownKeys: OwnKeys },
  query: ListQuery,
): Promise<{ items: { id: string }[]; total: number; next: string | null }> {
  const owner = { accountId, ownKeys, kind: name };
  const counted = await countJobs(context.db, owner, query);
  const cursors = listCursors(context.vault, `kind/${name}`, accountId);
  const { ids, next } = await pageIds(context.db, owner, query, { total: counted, cursors });
  const listed = query.after ? ids.length : (query.page - 1) * query.limit + ids.length;
  // The page may contain a job that was created after the count.
  const total = ids.length === 0 ? counted : Math.max(counted, listed);
  return { items: ids.length === 0 ? [] : await shown.list(context, accountId, ids), total, next };
}
