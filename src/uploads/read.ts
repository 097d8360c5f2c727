import { sql } from 'kysely';
import { createdKey, cutPage, isOlder, listCursors } from '../accounts/list-cursor.ts';
import { countUploads } from '../accounts/stored-bytes.ts';
import { ApiError } from '../contract/errors.ts';
import type { UploadsQuery, UploadView } from '../contract/upload-list.ts';
import type { Context } from '../database/context.ts';
import { UPLOAD_COLUMNS } from '../database/every-column.ts';
import type { Db } from '../database/pool.ts';
import type { ObjectState } from '../database/tables.ts';
import {
  inspectionSummary,
  MULTIPART_SECONDS,
  openNames,
  UNCONFIRMED_SECONDS,
  type Upload,
  uploadUrl,
} from './upload.ts';

type Reading = Pick<Context, 'db' | 'vault' | 'store'>;

/** An upload with the state of its object. */
export type FoundUpload = Upload & { object_state: ObjectState | null };

/** Finds an upload by its stored name. Also finds deleted uploads. */
export async function findUpload(
  { db, vault }: Pick<Context, 'db' | 'vault'>,
  accountId: string,
  stored: string,
): Promise<FoundUpload | undefined> {
  return uploadsWithState(db)
    .where('uploads.account_id', '=', accountId)
    .where('name_fingerprint', '=', vault.fingerprint(stored))
    .executeTakeFirst();
}

/** Like `findUpload`, but by id. */
export async function getUpload(db: Db, id: string): Promise<FoundUpload | undefined> {
  return uploadsWithState(db).where('uploads.id', '=', id).executeTakeFirst();
}

function uploadsWithState(db: Db) {
  return db
    .selectFrom('uploads')
    .leftJoin('objects', 'objects.id', 'uploads.object_id')
    .select(UPLOAD_COLUMNS.map((column) => `uploads.${column}` as const))
    .select('objects.state as object_state');
}

/** Lists uploads of an account, newest first. */
export async function listUploads(
  context: Reading,
  accountId: string,
  { status, page, limit, after }: UploadsQuery,
): Promise<{ items: UploadView[]; total: number; next: string | null }> {
  const cursors = listCursors(context.vault, 'uploads', accountId);
  const position = cursors.parse(after);
  const total = await countUploads(context.db, accountId, status ?? null);
  // Limit before the join. Otherwise, a page far down the list would join every upload above it.
  let listed = context.db
    .selectFrom('uploads')
    .select(['id', createdKey.as('created')])
    .where('account_id', '=', accountId)
    // The state is a literal, because the plan depends on it: most uploads are confirmed, and few await bytes.
    .where('state', status ? '=' : '!=', sql.lit(status ?? 'deleted'))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  listed = position ? listed.where(isOlder(position)) : listed.offset((page - 1) * limit);
  const found = cutPage(cursors, await listed.execute(), limit, ({ id, created }) => ({ key: created, id }));
  if (found.rows.length === 0) return { items: [], total, next: null };
  const ids = found.rows.map(({ id }) => id);
  const rows = await viewed(context.db, accountId)
    .where('uploads.id', 'in', ids)
    .orderBy('uploads.created_at', 'desc')
    .orderBy('uploads.id', 'desc')
    .execute();
  return { items: rows.flatMap((row) => viewUpload(context, row) ?? []), total, next: found.next };
}

/** Returns one upload. Throws the same 404 if the upload was deleted, never existed, or belongs to another account. */
export async function readUpload(context: Reading, accountId: string, stored: string): Promise<UploadView> {
  const row = await viewed(context.db, accountId)
    .where('uploads.name_fingerprint', '=', context.vault.fingerprint(stored))
    .executeTakeFirst();
  const view = row && viewUpload(context, row);
  if (!view) throw new ApiError('not_found');
  return view;
}

/** SQL for the summary of an inspection. Lists don't need the complete inspection, which describes every stream. */
const summaryOfProbe = sql<unknown>`CASE WHEN probe IS NOT NULL THEN
  jsonb_build_object('v', probe->'v', 'summary', probe->'summary') END`;

function viewed(db: Db, accountId: string) {
  return db
    .selectFrom('uploads')
    .leftJoin('objects', 'objects.id', 'uploads.object_id')
    .select(['uploads.id', 'uploads.account_id', 'uploads.name_sealed', 'uploads.state', 'uploads.declared_type'])
    .select(['uploads.declared_size', 'uploads.created_at', 'uploads.confirmed_at', 'objects.delete_after'])
    .select(['uploads.part_size', 'uploads.token_id'])
    .select(summaryOfProbe.as('probe'))
    .where('uploads.account_id', '=', accountId);
}

type ViewedUpload = Awaited<ReturnType<ReturnType<typeof viewed>['execute']>>[number];

/** Returns an upload as clients see it. Returns null if the upload is deleted or its name has been erased. */
function viewUpload({ vault, store }: Reading, row: ViewedUpload): UploadView | null {
  const names = openNames(vault, row);
  if (names === null || row.state === 'deleted') return null;
  const isConfirmed = row.state === 'confirmed';
  const ends = isConfirmed ? row.delete_after : new Date(row.created_at.getTime() + secondsOf(row) * 1000);
  return {
    filename: names.stored,
    originalFilename: names.original,
    status: row.state,
    contentType: row.declared_type,
    fileSize: row.declared_size,
    fileUrl: isConfirmed ? uploadUrl(store.bucket, names.stored) : null,
    createdAt: row.created_at.toISOString(),
    uploadedAt: row.confirmed_at?.toISOString() ?? null,
    expiresAt: (ends ?? row.created_at).toISOString(),
    uploadTokenId: row.token_id,
    metadata: inspectionSummary.readOrNull(row.probe)?.summary ?? null,
  };
}

function secondsOf({ part_size }: Pick<Upload, 'part_size'>): number {
  return part_size === null ? UNCONFIRMED_SECONDS : MULTIPART_SECONDS;
}
