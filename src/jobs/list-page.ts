import { type SelectQueryBuilder, sql } from 'kysely';
import { createdKey, cutPage, isOlder, type ListCursors } from '../accounts/list-cursor.ts';
import { AWAITING_REVIEW } from '../contract/blueprints.ts';
import type { ListQuery } from '../contract/jobs.ts';
import { anyOf, type OwnKeys } from '../database/own-keys.ts';
import type { Db } from '../database/pool.ts';
import type { JobStatus, Tables } from '../database/tables.ts';
import { runsInChildren } from './shown-status.ts';

/** Milliseconds by which the clocks of API and workers may differ. */
const CLOCKS_MS = 60_000;

/**
 * Maximum number of jobs outside of a range of times that are counted. If there are more, the jobs inside the range are counted instead.
 */
const MOST_OUTSIDE = 10_000;

/** The account, kind and keys whose jobs a list shows. */
export interface ListOwner {
  accountId: string;
  kind: string;
  ownKeys: OwnKeys;
}

type ListFilter = Pick<ListQuery, 'status' | 'since' | 'until'>;

/**
 * Counts the jobs on all pages. The database maintains the number of jobs for each account, kind and status. If few jobs are outside of a
 * range of times, they are subtracted from this number, so that the jobs inside the range need not be counted.
 */
export async function countJobs(db: Db, owner: ListOwner, query: ListFilter): Promise<number> {
  if (query.since && query.until && new Date(query.since) >= endOf(query.until)) return 0;
  // The database maintains no counts for single keys.
  if (owner.ownKeys !== null || query.status === AWAITING_REVIEW) return countAll(db, owner, query);
  const { accountId, kind } = owner;
  const outside = [
    ...(query.since ? [below(listed(db, owner, query), query.since)] : []),
    ...(query.until ? [above(listed(db, owner, query), query.until)] : []),
  ];
  // These jobs are counted as waiting, but shown as running. They are few, and have an index.
  const inChildren = sql`(SELECT count(*) FROM jobs WHERE account_id = ${accountId} AND kind = ${kind} AND ${runsInChildren})`;
  const shownOtherwise =
    query.status === 'processing' ? inChildren : query.status === 'pending' ? sql`-${inChildren}` : sql`0`;
  // One statement, so that all counts are from the same moment.
  let counted = db.selectFrom('job_counts').where('account_id', '=', accountId).where('kind', '=', kind);
  if (query.status) counted = counted.where('status', '=', query.status);
  const kept = await counted
    .select(sql<number>`coalesce(sum(jobs), 0) + ${shownOtherwise}`.as('all'))
    .select(sql<number>`${sql.join([sql`0`, ...outside.map(countSome)], sql` + `)}`.as('outside'))
    .executeTakeFirstOrThrow();
  if (kept.outside < MOST_OUTSIDE) return Number(kept.all) - Number(kept.outside);
  return countAll(db, owner, query);
}

async function countAll(db: Db, owner: ListOwner, query: ListFilter): Promise<number> {
  const { total } = await inRange(db, owner, query)
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  return total;
}

function countSome(jobs: Jobs) {
  return sql`(SELECT count(*) FROM ${jobs.select('id').limit(MOST_OUTSIDE)} AS outside)`;
}

interface IdPage {
  ids: string[];
  /** The cursor after the page. Null after the last page. */
  next: string | null;
}

/**
 * Returns the ids of a page, and reads them from an index alone. Pages of the second half are counted from the oldest job. Throws
 * `invalid_request` for a cursor of another list.
 * @param counted number of jobs on all pages a moment ago. A page of the first half may contain more jobs, because a job that was created
 *   or changed since then must not replace the last job of the page.
 */
export async function pageIds(
  db: Db,
  owner: ListOwner,
  query: ListQuery,
  { total: counted, cursors }: { total: number; cursors: ListCursors },
): Promise<IdPage> {
  const after = cursors.parse(query.after);
  const skipped = after ? 0 : (query.page - 1) * query.limit;
  if (!after && skipped >= counted) return { ids: [], next: null };
  if (!after && skipped > counted / 2) return pageFromOldest(db, owner, query, { skipped, counted, cursors });
  const jobs = filter(db, owner, query);
  const rows = await ordered(after ? jobs.where(isOlder(after)) : jobs.offset(skipped), 'desc')
    .limit(query.limit + 1)
    .execute();
  return idPage(cursors, rows, query.limit);
}

/**
 * Returns a page that is counted from the oldest job. This reads fewer rows of the index than an `offset` from the newest job would. New
 * jobs don't move these pages.
 */
async function pageFromOldest(
  db: Db,
  owner: ListOwner,
  query: ListQuery,
  { skipped, counted, cursors }: { skipped: number; counted: number; cursors: ListCursors },
): Promise<IdPage> {
  const size = Math.min(query.limit, counted - skipped);
  const older = counted - skipped - size;
  const rows = await ordered(filter(db, owner, query), 'asc')
    .limit(size)
    .offset(older)
    .execute();
  const { ids } = idPage(cursors, rows.reverse(), size);
  const last = rows.at(-1);
  return { ids, next: older > 0 && last ? cursors.format({ key: last.created, id: last.id }) : null };
}

function ordered(jobs: Jobs, direction: 'asc' | 'desc') {
  return jobs
    .select(['id', createdKey.as('created')])
    .orderBy('created_at', direction)
    .orderBy('id', direction);
}

function idPage(cursors: ListCursors, found: readonly { id: string; created: string }[], limit: number): IdPage {
  const { rows, next } = cutPage(cursors, found, limit, ({ id, created }) => ({ key: created, id }));
  return { ids: rows.map(({ id }) => id), next };
}

type Jobs = SelectQueryBuilder<Tables, 'jobs', object>;

/** Selects the jobs of a list. A parent that waits for its children is listed as running. */
export function listed(
  db: Db,
  { accountId, kind, ownKeys }: ListOwner,
  { status }: { status?: ListQuery['status'] },
): Jobs {
  const all = db.selectFrom('jobs').where('account_id', '=', accountId).where('kind', '=', kind);
  const jobs = ownKeys === null ? all : all.where('key_id', '=', anyOf(ownKeys));
  if (status === AWAITING_REVIEW) return jobs.where('awaiting', '=', 'review').where(runsInChildren);
  if (status === 'pending') return jobs.where('status', '=', status).where((where) => where.not(runsInChildren));
  if (status === 'processing') return jobs.where((where) => where.or([where('status', '=', status), runsInChildren]));
  return status ? jobs.where('status', '=', status as JobStatus) : jobs;
}

/** Filters by the times of updates alone, because they have an index. */
function inRange(db: Db, owner: ListOwner, query: ListFilter): Jobs {
  let jobs = listed(db, owner, query);
  if (query.since) jobs = jobs.where('updated_at', '>=', new Date(query.since));
  if (query.until) jobs = jobs.where('updated_at', '<', endOf(query.until));
  return jobs;
}

function filter(db: Db, owner: ListOwner, query: ListQuery): Jobs {
  const jobs = inRange(db, owner, query);
  // A job is created before it is updated, except for a difference between clocks. This condition avoids reading newer jobs.
  return query.until ? jobs.where('created_at', '<', new Date(endOf(query.until).getTime() + CLOCKS_MS)) : jobs;
}

const below = (jobs: Jobs, since: string): Jobs => jobs.where('updated_at', '<', new Date(since));
const above = (jobs: Jobs, until: string): Jobs => jobs.where('updated_at', '>=', endOf(until));

/**
 * Returns the exclusive end of a range. Clients see milliseconds, but the database stores microseconds, so the range includes its complete
 * last millisecond.
 */
function endOf(until: string): Date {
  return new Date(new Date(until).getTime() + 1);
}
