import { timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import type { Vault } from '../crypto/vault.ts';

/** The end of a page: the sort key and the ID of its last item. */
export interface ListPosition {
  key: string;
  id: string;
}

/** Creates and reads the cursors of one list of one account. */
export interface ListCursors {
  format(position: ListPosition): string;
  /**
   * Returns the position of a cursor, or null if there is no cursor. Throws `invalid_request` for a cursor of another list, account or
   * release.
   */
  parse(cursor: string | undefined): ListPosition | null;
}

/** Change this number when the sort order of a list changes. Cursors of earlier releases are then rejected. */
const FORMAT = 1;
const TAG_BYTES = 16;

/**
 * Returns the cursors of a list. `list` is the name of the list. `accountId` is the account of the list, or the account of the operator who
 * reads a list of the server.
 */
export function listCursors(vault: Pick<Vault, 'fingerprint'>, list: string, accountId: string): ListCursors {
  // The text is a JSON array, because the other texts with fingerprints are names of uploads, which never start with a bracket.
  const tagOf = (body: string) =>
    vault.fingerprint(JSON.stringify(['cursor', FORMAT, list, accountId, body])).subarray(0, TAG_BYTES);
  return {
    format({ key, id }) {
      const body = JSON.stringify([key, id]);
      return Buffer.concat([tagOf(body), Buffer.from(body)]).toString('base64url');
    },
    parse(cursor) {
      if (cursor === undefined) return null;
      const bytes = Buffer.from(cursor, 'base64url');
      const body = bytes.subarray(TAG_BYTES).toString();
      if (bytes.length <= TAG_BYTES || !timingSafeEqual(bytes.subarray(0, TAG_BYTES), tagOf(body)))
        throw notOfThisList();
      const [key, id] = JSON.parse(body) as [string, string];
      return { key, id };
    },
  };
}

function notOfThisList(): ApiError {
  return new ApiError('invalid_request', {
    field: 'after',
    reason: 'is not a cursor of this list: another list, account or release returned it, or it was changed',
    remedy: 'Send the next value of a page of this list, or omit after to start with the first page',
  });
}

/** Returns a page of `limit` items and the cursor after it. `rows` must contain one item more than the page if there is another item. */
export function cutPage<T>(
  cursors: ListCursors,
  rows: readonly T[],
  limit: number,
  positionOf: (row: T) => ListPosition,
): { rows: T[]; next: string | null } {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { rows: page, next: rows.length > limit && last ? cursors.format(positionOf(last)) : null };
}

/** Returns a page of a short list that was read completely. Sorts the list by position. */
export function pageOf<T>(
  cursors: ListCursors,
  items: readonly T[],
  query: { after?: string | undefined; limit: number },
  order: { positionOf(item: T): ListPosition; direction: 'asc' | 'desc' },
): { rows: T[]; next: string | null } {
  const after = cursors.parse(query.after);
  const sign = order.direction === 'asc' ? 1 : -1;
  const { positionOf } = order;
  const sorted = items.toSorted((a, b) => sign * compare(positionOf(a), positionOf(b)));
  const rest = after === null ? sorted : sorted.filter((item) => sign * compare(positionOf(item), after) > 0);
  return cutPage(cursors, rest, query.limit, positionOf);
}

function compare(a: ListPosition, b: ListPosition): number {
  if (a.key !== b.key) return a.key < b.key ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/**
 * SQL for the `key` of a row's position: the time of creation in microseconds since 1970, because a JavaScript date has only milliseconds.
 */
export const createdKey = sql<string>`(extract(epoch FROM created_at) * 1000000)::bigint::text`;

/** Condition on a row: it follows this position in a list that is sorted by `created_at` and `id`, newest first. */
export function isOlder({ key, id }: ListPosition) {
  const created = sql<Date>`(timestamptz 'epoch' + ${key}::bigint * interval '1 microsecond')`;
  return sql<boolean>`(created_at, id) < (${created}, ${id}::uuid)`;
}
