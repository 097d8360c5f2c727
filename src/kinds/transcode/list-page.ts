import type { SelectQueryBuilder } from 'kysely';
import { JOB_STATUSES } from '../../contract/common.ts';
import type { ListQuery } from '../../contract/transcodes.ts';
import type { Db } from '../../database/pool.ts';
import type { JobStatus, Tables } from '../../database/tables.ts';

/** Milliseconds by which the clocks of API and workers may differ. */
const CLOCKS_MS = 60_000;

/** Jobs on all pages: a number that the database keeps, unless a range of times is asked for. */
export async function countJobs(db: Db, accountId: string, query: ListQuery): Promise<number> {
  if (!query.since && !query.until) {
    const counts = await db
      .selectFrom('account_schedule')
      .select(JOB_STATUSES)
      .where('account_id', '=', accountId)
      .executeTakeFirst();
    const statuses: readonly JobStatus[] = query.status ? [query.status] : JOB_STATUSES;
    return statuses.reduce((sum, status) => sum + (counts?.[status] ?? 0), 0);
  }
  const { total } = await filter(db, accountId, query)
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

/** Ids of a page, from an index alone. Pages of the second half are counted from the oldest job. */
export async function pageIds(db: Db, accountId: string, query: ListQuery, total: number): Promise<string[]> {
  const skipped = (query.page - 1) * query.limit;
  const size = Math.min(query.limit, total - skipped);
  if (size <= 0) return [];
  const isNear = skipped <= total / 2;
  const direction = isNear ? 'desc' : 'asc';
  const ids = await filter(db, accountId, query)
    .select('id')
    .orderBy('created_at', direction)
    .orderBy('id', direction)
    .limit(size)
    .offset(isNear ? skipped : total - skipped - size)
    .execute();
  return ids.map(({ id }) => id);
}

function filter(db: Db, accountId: string, query: ListQuery): SelectQueryBuilder<Tables, 'jobs', object> {
  let filtered = db.selectFrom('jobs').where('account_id', '=', accountId).where('kind', '=', 'transcode');
  if (query.status) filtered = filtered.where('status', '=', query.status);
  if (query.since) filtered = filtered.where('updated_at', '>=', new Date(query.since));
  if (query.until) {
    // Clients see milliseconds, but the database stores microseconds: the whole last millisecond belongs to it.
    const end = new Date(query.until).getTime() + 1;
    // A job is created before it is updated, but for clocks that differ. Newer jobs are not even read.
    filtered = filtered.where('updated_at', '<', new Date(end)).where('created_at', '<', new Date(end + CLOCKS_MS));
  }
  return filtered;
}
