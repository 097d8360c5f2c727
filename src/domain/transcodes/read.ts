import { sql } from 'kysely';
import { ApiError } from '../../contract/errors.ts';
import type { ListQuery } from '../../contract/transcodes.ts';
import type { Db, Tx } from '../../database/pool.ts';
import { isUuid } from '../../ids/uuid.ts';
import type { Transcode, TranscodeInput } from './row.ts';

/** 404 for an id that is no UUID, that is not there, or that is another account's: all alike. */
export async function getTranscode(db: Db, accountId: string, id: string): Promise<Transcode> {
  const row = isUuid(id)
    ? await db
        .selectFrom('transcodes')
        .selectAll()
        .where('id', '=', id)
        .where('account_id', '=', accountId)
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ApiError('not_found');
  return row;
}

/** As above, and holds the row until the transaction ends. */
export async function lockTranscode(tx: Tx, accountId: string, id: string): Promise<Transcode> {
  await getTranscode(tx, accountId, id);
  return tx.selectFrom('transcodes').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow();
}

/** Newest first; `since` and `until` are inclusive and look at `updated_at` (contract A4). */
export async function listTranscodes(
  db: Db,
  accountId: string,
  query: ListQuery,
): Promise<{ rows: Transcode[]; total: number }> {
  let filtered = db.selectFrom('transcodes').where('account_id', '=', accountId);
  if (query.status) filtered = filtered.where('status', '=', query.status);
  // Clients see milliseconds; the database keeps microseconds. Inclusive means: as the client sees them.
  const seen = sql<Date>`date_trunc('milliseconds', updated_at)`;
  if (query.since) filtered = filtered.where(seen, '>=', new Date(query.since));
  if (query.until) filtered = filtered.where(seen, '<=', new Date(query.until));
  const { total } = await filtered
    .select((select) => select.fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow();
  const rows = await filtered
    .selectAll()
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(query.limit)
    .offset((query.page - 1) * query.limit)
    .execute();
  return { rows, total };
}

/** Inputs alone: the assets that filters name are nothing that clients see. */
export async function inputsOf(db: Db, ids: string[]): Promise<Map<string, TranscodeInput[]>> {
  const found = new Map<string, TranscodeInput[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return found;
  const rows = await db
    .selectFrom('transcode_inputs')
    .selectAll()
    .where('transcode_id', 'in', ids)
    .where('role', '=', 'input')
    .orderBy('position')
    .execute();
  for (const row of rows) found.get(row.transcode_id)?.push(row);
  return found;
}

/** 1 for the job that starts next in its lane; null for jobs that do not wait. */
export async function queuePositions(db: Db, jobs: Transcode[]): Promise<Map<string, number>> {
  const waiting = jobs.filter((job) => job.status === 'pending').map((job) => job.id);
  if (waiting.length === 0) return new Map();
  const { rows } = await sql<{ id: string; position: number }>`
    SELECT mine.id, count(*)::int AS position
    FROM transcodes mine
    JOIN transcodes ahead ON ahead.lane = mine.lane AND ahead.status = 'pending'
      AND (ahead.created_at, ahead.id) <= (mine.created_at, mine.id)
    WHERE mine.id = ANY(${waiting}::uuid[])
    GROUP BY mine.id`.execute(db);
  return new Map(rows.map((row) => [row.id, row.position]));
}
