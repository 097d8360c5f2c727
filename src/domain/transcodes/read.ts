import { sql } from 'kysely';
import { ApiError } from '../../contract/errors.ts';
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

/** Inputs alone: the assets that filters name are nothing that clients see. */
export async function inputsOf(db: Db, id: string): Promise<TranscodeInput[]> {
  return db
    .selectFrom('transcode_inputs')
    .selectAll()
    .where('transcode_id', '=', id)
    .where('role', '=', 'input')
    .orderBy('position')
    .execute();
}

/** 1 for the job that starts next in its lane; null for jobs that do not wait. */
export async function queuePositions(
  db: Db,
  jobs: readonly Pick<Transcode, 'id' | 'status'>[],
): Promise<Map<string, number>> {
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
