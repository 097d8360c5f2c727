import { sql } from 'kysely';
import { createdKey, cutPage, isOlder, type ListCursors } from '../accounts/list-cursor.ts';
import type { AllJobsQuery } from '../contract/jobs.ts';
import type { OwnKeys } from '../database/own-keys.ts';
import type { Db } from '../database/pool.ts';
import { listed } from './list-page.ts';

interface ListedRow {
  id: string;
  kind: string;
  /** Time of creation in microseconds since 1970, because a date of JavaScript has only milliseconds. */
  created: string;
}

/**
 * Returns a page of the jobs of these kinds, newest first, and the cursor after the page, which is null after the last page. Reads a range
 * of an index for each kind. Throws `invalid_request` for a cursor of another list.
 */
export async function pageOfAll(
  db: Db,
  owner: { accountId: string; ownKeys: OwnKeys },
  kinds: readonly string[],
  { status, after, limit, cursors }: Pick<AllJobsQuery, 'status' | 'after' | 'limit'> & { cursors: ListCursors },
): Promise<{ rows: ListedRow[]; next: string | null }> {
  const position = cursors.parse(after);
  if (kinds.length === 0) return { rows: [], next: null };
  const ofKinds = kinds.map((kind) => {
    let jobs = listed(db, { ...owner, kind }, { status });
    if (position) jobs = jobs.where(isOlder(position));
    return jobs
      .select(['id', 'kind', 'created_at'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1);
  });
  const { rows } = await sql<ListedRow>`
    SELECT id, kind, ${createdKey} AS created
    FROM (${sql.join(
      ofKinds.map((jobs) => sql`(${jobs})`),
      sql` UNION ALL `,
    )}) AS jobs ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`.execute(db);
  return cutPage(cursors, rows, limit, ({ id, created }) => ({ key: created, id }));
}
