import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import type { AllJobsQuery } from '../contract/jobs.ts';
import type { OwnKeys } from '../database/own-keys.ts';
import type { Db } from '../database/pool.ts';
import { listed } from './list-page.ts';

interface ListedRow {
  id: string;
  kind: string;
  /** Microseconds since 1970: a date of JavaScript has only milliseconds. */
  created: string;
}

/**
 * Returns a page of the jobs of these kinds, newest first, and the cursor behind it; null behind the last page. Reads for
 * each kind a range of an index. Throws `invalid_request` for a cursor that is none.
 */
export async function pageOfAll(
  db: Db,
  owner: { accountId: string; ownKeys: OwnKeys },
  kinds: readonly string[],
  { status, after, limit }: Pick<AllJobsQuery, 'status' | 'after' | 'limit'>,
): Promise<{ rows: ListedRow[]; next: string | null }> {
  const cursor = after === undefined ? null : parseCursor(after);
  if (kinds.length === 0) return { rows: [], next: null };
  const ofKinds = kinds.map((kind) => {
    let jobs = listed(db, { ...owner, kind }, { status });
    if (cursor) {
      const created = sql<Date>`(timestamptz 'epoch' + ${cursor.created}::bigint * interval '1 microsecond')`;
      jobs = jobs.where(sql<boolean>`(created_at, id) < (${created}, ${cursor.id}::uuid)`);
    }
    return jobs
      .select(['id', 'kind', 'created_at'])
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit + 1);
  });
  const { rows } = await sql<ListedRow>`
    SELECT id, kind, (extract(epoch FROM created_at) * 1000000)::bigint::text AS created
    FROM (${sql.join(
      ofKinds.map((jobs) => sql`(${jobs})`),
      sql` UNION ALL `,
    )}) AS jobs ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}`.execute(db);
  const page = rows.slice(0, limit);
  return { rows: page, next: rows.length > limit ? formatCursor(page.at(-1)!) : null };
}

type Cursor = Pick<ListedRow, 'created' | 'id'>;

/** `jobs` tells it apart from a cursor of another list. */
function formatCursor({ created, id }: Cursor): string {
  return Buffer.from(`jobs.${created}.${id}`).toString('base64url');
}

/** Parses a cursor. The format is opaque to clients, so it may change. */
function parseCursor(text: string): Cursor {
  const match = /^jobs\.(\d{1,16})\.([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})$/.exec(
    Buffer.from(text, 'base64url').toString('latin1'),
  );
  if (!match) {
    const remedy = 'Use the next of a page of this list, as it was sent';
    throw new ApiError('invalid_request', { field: 'after', reason: 'is not a cursor of this list', remedy });
  }
  return { created: match[1]!, id: match[2]! };
}
