import { timingSafeEqual } from 'node:crypto';
import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import type { Vault } from '../crypto/vault.ts';

/** Where a page ends: what its last item is sorted by, and the ID of that item. */
export interface ListPosition {
  key: string;
  id: string;
}

/** Makes and reads the cursors of one list of one account. */
export interface ListCursors {
  format(position: ListPosition): string;
  /** Null without a cursor. Throws `invalid_request` for a cursor of another list, account or release. */
  parse(cursor: string | undefined): ListPosition | null;
}

/** Change it when a list is sorted in another way: cursors of the release before are then rejected. */
const FORMAT = 1;
const TAG_BYTES = 16;

/** `list` names the list; `accountId` is the account whose list it is, or of the operator who reads a list of the server. */
export function listCursors(vault: Pick<Vault, 'fingerprint'>, list: string, accountId: string): ListCursors {
  // An array in JSON: no name of an upload, the other texts that have fingerprints, starts with a bracket.
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

/** A page of `limit` items, of which one more was read if there is one, and the cursor behind it. */
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

/** A page of a short list that was read completely, sorted by position. */
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

/** `key` of the position of a row: microseconds since 1970, because a date of JavaScript has only milliseconds. */
export const createdKey = sql<string>`(extract(epoch FROM created_at) * 1000000)::bigint::text`;

/** Whether a row comes after this position in a list that is sorted by `created_at` and `id`, newest first. */
export function isOlder({ key, id }: ListPosition) {
  const created = sql<Date>`(timestamptz 'epoch' + ${key}::bigint * interval '1 microsecond')`;
  return sql<boolean>`(created_at, id) < (${created}, ${id}::uuid)`;
}
