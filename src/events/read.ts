import { sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { anyOf, type OwnKeys } from '../database/own-keys.ts';
import type { Db } from '../database/pool.ts';
import type { EventCatalog, EventPayload } from './types.ts';

/** Days for which events are kept. A cursor to an older event has expired. */
export const EVENT_DAYS = 7;

export interface StoredEvent {
  /** Cursor that continues after this event. */
  cursor: string;
  type: string;
  jobId: string | null;
  uploadId: string | null;
  batchId: string | null;
  createdAt: Date;
  payload: EventPayload;
}

export interface EventQuery {
  accountId: string;
  types?: readonly string[];
  jobId?: string;
  /** Selects the events of a batch and of its jobs. */
  batchId?: string;
  /** The keys whose jobs and batches are included. Null or absent means every event of the account. */
  ownKeys?: OwnKeys;
  /** A cursor. Defaults to the oldest stored event. */
  after?: string;
  limit: number;
}

/** The events of the page that this release knows. */
export interface StoredEventPage<E extends StoredEvent = StoredEvent> {
  /** Empty only if no newer event is visible. */
  events: E[];
  /** Cursor that continues after all events that were read. Null if none were read. */
  last: string | null;
  /** Whether more events may follow. */
  isFull: boolean;
  /**
   * Number of events that were skipped because a newer release recorded them, so that this release does not know their type or their data.
   */
  unknown: number;
}

interface Row {
  id: number;
  tx: string;
  type: string;
  job_id: string | null;
  upload_id: string | null;
  batch_id: string | null;
  data: unknown;
  created_at: Date;
}

/**
 * Reads events of an account in an order that never changes. A reader that continues after its last cursor therefore gets every event once.
 * Events are ordered by transaction, and a transaction is visible only after all older transactions have ended. Ids alone would not
 * suffice: they are assigned before the commit, so a later id may become visible first. Skips events that only a newer release knows.
 * Throws `events_expired` for a cursor to an event that is no longer stored.
 */
export async function readEvents(db: Db, catalog: EventCatalog, query: EventQuery): Promise<StoredEventPage> {
  const first = query.after === undefined ? null : parseCursor(query.after);
  if (first) await requireKept(db, query.accountId, first);
  return readKnown(
    first,
    query.limit,
    (after) => eventRows(db, query, after),
    (row) => storedEvent(catalog, row),
  );
}

const COLUMNS = sql.join(
  ['id', 'tx', 'type', 'job_id', 'upload_id', 'batch_id', 'data', 'created_at'].map((name) =>
    sql.ref(`events.${name}`),
  ),
);
/** A position before every event. */
const START: Cursor = { tx: '0', id: '0' };

async function eventRows(db: Db, query: EventQuery, after: Cursor | null): Promise<Row[]> {
  const { rows } = await sql<Row>`
    SELECT id, tx::text AS tx, type, job_id, upload_id, batch_id, data, created_at
    FROM (${eventsIn(query, after ?? START)}) AS events
    ORDER BY events.tx, events.id LIMIT ${query.limit}`.execute(db);
  return rows;
}

/**
 * Returns a statement for the events of a query after a cursor. Each variant reads ranges of one index. Otherwise, PostgreSQL could read
 * all events of the account to find a few of them.
 */
function eventsIn(query: EventQuery, { tx, id }: Cursor) {
  const { accountId, types, jobId, batchId, ownKeys, limit } = query;
  const after = sql`(${tx}::xid8, ${id}::bigint)`;
  const common = sql`events.account_id = ${accountId} AND events.tx < pg_snapshot_xmin(pg_current_snapshot())
    AND (events.tx, events.id) > ${after} ${ownKeys && (jobId || batchId) ? ownedBy(ownKeys) : sql``}`;
  const ofTypes = types ? sql`AND events.type = ANY(${types}::text[])` : sql``;
  const inOrder = sql`ORDER BY events.tx, events.id LIMIT ${limit}`;
  if (jobId)
    return sql`SELECT ${COLUMNS} FROM events WHERE ${common} AND events.job_id = ${jobId} ${ofTypes} ${inOrder}`;
  if (batchId) {
    return sql`
      SELECT ${COLUMNS} FROM events WHERE ${common} AND events.batch_id = ${batchId} ${ofTypes}
      UNION ALL SELECT ${COLUMNS} FROM jobs JOIN events ON events.job_id = jobs.id
      WHERE jobs.batch_id = ${batchId} AND events.batch_id IS DISTINCT FROM ${batchId} AND ${common} ${ofTypes}`;
  }
  if (ownKeys) {
    return sql`
      (SELECT ${COLUMNS} FROM jobs JOIN events ON events.job_id = jobs.id
        WHERE jobs.key_id = ${anyOf(ownKeys)} AND ${common} ${ofTypes} ${inOrder})
      UNION ALL (SELECT ${COLUMNS} FROM batches JOIN events ON events.batch_id = batches.id
        WHERE batches.key_id = ${anyOf(ownKeys)} AND events.job_id IS NULL AND ${common} ${ofTypes} ${inOrder})`;
  }
  if (!types) return sql`SELECT ${COLUMNS} FROM events WHERE ${common} ${inOrder}`;
  // The condition is a range of types instead of an equality, because only one index has this order. With an equality, PostgreSQL could
  // choose another index and expect to find rare types soon.
  return sql`
    SELECT ${COLUMNS} FROM unnest(${[...new Set(types)]}::text[]) AS wanted (type) CROSS JOIN LATERAL (
      SELECT ${COLUMNS} FROM events WHERE ${common} AND events.type <= wanted.type
        AND (events.type, events.tx, events.id) > (wanted.type, ${tx}::xid8, ${id}::bigint)
      ORDER BY events.type, events.tx, events.id LIMIT ${limit}) AS events`;
}

/** Returns SQL that restricts events to the jobs and batches of these keys. */
function ownedBy(keys: readonly string[]) {
  return sql`AND (EXISTS (SELECT FROM jobs AS own WHERE own.id = events.job_id AND own.key_id = ${anyOf(keys)})
    OR EXISTS (SELECT FROM batches AS own WHERE own.id = events.batch_id AND own.key_id = ${anyOf(keys)}))`;
}

/** Reads pages until one contains an event that this release knows. */
async function readKnown<R extends Row, E extends StoredEvent>(
  first: Cursor | null,
  limit: number,
  read: (after: Cursor | null) => Promise<R[]>,
  toEvent: (row: R) => E | null,
): Promise<StoredEventPage<E>> {
  let [after, last, unknown] = [first, null as string | null, 0];
  for (;;) {
    const rows = await read(after);
    const events = rows.flatMap((row) => toEvent(row) ?? []);
    const isFull = rows.length === limit;
    const end = rows.at(-1);
    unknown += rows.length - events.length;
    if (end) last = formatCursor(end);
    if (events.length > 0 || !isFull || !end) return { events, last, isFull, unknown };
    after = { tx: end.tx, id: String(end.id) };
  }
}

/** An event of any account. `keyId` is the key of its job or batch. */
export type AccountEvent = StoredEvent & { accountId: string; keyId: string | null };

/** Returns a cursor. Every event that is not visible yet will appear after this cursor. */
export async function currentCursor(db: Db): Promise<string> {
  const { rows } = await sql<{ tx: string }>`
    SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS tx`.execute(db);
  return formatCursor({ tx: rows[0]!.tx, id: 0 });
}

/**
 * Returns a function that determines whether an event was already visible when `visibleNow` was called. `currentCursor` alone is not
 * sufficient, because some visible events come after it: events that were committed while an older transaction of any database of the
 * server was open.
 */
export async function visibleNow(db: Db): Promise<(cursor: string) => boolean> {
  const { rows } = await sql<{ end: string; open: string[] }>`
    SELECT pg_snapshot_xmax(snapshot)::text AS end, ARRAY(SELECT pg_snapshot_xip(snapshot)::text) AS open
    FROM (SELECT pg_current_snapshot() AS snapshot) AS now`.execute(db);
  const { end, open } = rows[0]!;
  return (cursor) => {
    const { tx } = parseCursor(cursor);
    return BigInt(tx) < BigInt(end) && !open.includes(tx);
  };
}

/** A page of events of all accounts. */
export interface AllEventsPage extends StoredEventPage<AccountEvent> {
  /** Whether there are committed events that cannot be read yet, because an older transaction is still open. */
  hasHidden: boolean;
}

/** Reads events of all accounts after a cursor, in the order of `readEvents`. */
export async function readAllEvents(
  db: Db,
  catalog: EventCatalog,
  after: string,
  limit: number,
): Promise<AllEventsPage> {
  type AccountRow = Row & { account_id: string; key_id: string | null };
  let hasHidden = false;
  const read = async (cursor: Cursor | null) => {
    const { tx, id } = cursor!;
    // This is one statement, because an event that becomes readable between two statements would be missing in both.
    const { rows } = await sql<(AccountRow | { id: null }) & { has_hidden: boolean }>`
      SELECT EXISTS (SELECT FROM events WHERE tx >= pg_snapshot_xmin(pg_current_snapshot())) AS has_hidden, page.*
      FROM (SELECT) AS one LEFT JOIN (
        SELECT id, tx::text AS tx, account_id, type, job_id, upload_id, batch_id, data, created_at,
          coalesce((SELECT key_id FROM jobs WHERE jobs.id = events.job_id),
            (SELECT key_id FROM batches WHERE batches.id = events.batch_id)) AS key_id
        FROM events
        WHERE tx < pg_snapshot_xmin(pg_current_snapshot()) AND (tx, id) > (${tx}::xid8, ${id}::bigint)
        ORDER BY events.tx, events.id LIMIT ${limit}
      ) AS page ON true ORDER BY page.tx::xid8, page.id`.execute(db);
    hasHidden = rows[0]!.has_hidden;
    return rows.filter((row) => row.id !== null);
  };
  const page = await readKnown(parseCursor(after), limit, read, (row) => {
    const event = storedEvent(catalog, row);
    return event && { ...event, accountId: row.account_id, keyId: row.key_id };
  });
  return { ...page, hasHidden };
}

/** Returns a negative number if the first cursor comes before the second, and 0 if they are equal. */
export function compareCursors(first: string, second: string): number {
  const [a, b] = [parseCursor(first), parseCursor(second)];
  const order = a.tx === b.tx ? BigInt(a.id) - BigInt(b.id) : BigInt(a.tx) - BigInt(b.tx);
  return order < 0n ? -1 : order > 0n ? 1 : 0;
}

/** Identifies the row of an event. */
export interface EventCursor {
  tx: string;
  id: number;
}

/**
 * Reads events by their rows, and returns a function that looks them up. This function returns undefined for an event that is no longer
 * stored, and null for an event that only a newer release knows.
 */
export async function findEvents(
  db: Db,
  catalog: EventCatalog,
  cursors: readonly EventCursor[],
): Promise<(position: EventCursor) => StoredEvent | null | undefined> {
  const { rows } = await sql<Row>`
    SELECT id, tx::text AS tx, type, job_id, upload_id, batch_id, data, created_at FROM events
    WHERE (tx, id) IN (SELECT * FROM unnest(${cursors.map(({ tx }) => tx)}::xid8[], ${cursors.map(({ id }) => id)}::bigint[]))`.execute(
    db,
  );
  return ({ tx, id }) => {
    const row = rows.find((one) => one.tx === tx && one.id === id);
    return row && storedEvent(catalog, row);
  };
}

/** Converts a row to an event. Returns null for an event whose type or data this release does not know. */
function storedEvent(catalog: EventCatalog, row: Row): StoredEvent | null {
  const payload = catalog.get(row.type)?.safeParse(row.data);
  if (!payload?.success) return null;
  return {
    cursor: formatCursor(row),
    type: row.type,
    jobId: row.job_id,
    uploadId: row.upload_id,
    batchId: row.batch_id,
    createdAt: row.created_at,
    payload: payload.data,
  };
}

interface Cursor {
  tx: string;
  id: string;
}

function formatCursor({ tx, id }: Pick<Row, 'tx' | 'id'>): string {
  return Buffer.from(`${tx}.${id}`).toString('base64url');
}

/** Parses a cursor. The format is opaque to clients, so it may change. Throws `invalid_request`. */
function parseCursor(text: string): Cursor {
  const match = /^(\d{1,20})\.(\d{1,19})$/.exec(Buffer.from(text, 'base64url').toString('latin1'));
  const isRange = match && BigInt(match[1]!) < 2n ** 64n && BigInt(match[2]!) < 2n ** 63n;
  if (!isRange) {
    const remedy = 'Use the id of an event or the next of a page, as it was sent';
    throw new ApiError('invalid_request', { field: 'after', reason: 'is not a cursor', remedy });
  }
  return { tx: match[1]!, id: match[2]! };
}

/**
 * Throws `events_expired` if the event of a cursor is no longer stored. A cursor of another account is treated as an expired cursor,
 * because the client must react in the same way, and the response must not reveal whether the event exists.
 */
async function requireKept(db: Db, accountId: string, { tx, id }: Cursor): Promise<void> {
  const { rows } = await sql`
    SELECT FROM events WHERE account_id = ${accountId} AND tx = ${tx}::xid8 AND id = ${id}::bigint`.execute(db);
  if (rows.length > 0) return;
  throw new ApiError('events_expired', {
    field: 'after',
    reason:
      'your account has no event with this ID: the event is older than seven days, or the ID is not from your account',
    remedy: 'Omit after to read the events of the last seven days, and list your jobs to see earlier changes',
  });
}
