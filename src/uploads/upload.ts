import { type Selectable, sql } from 'kysely';
import * as z from 'zod';
import { scrubResponses } from '../accounts/idempotency.ts';
import { fetchedHow } from '../contract/common.ts';
import { uploadMetadata } from '../contract/uploads.ts';
import type { Vault } from '../crypto/vault.ts';
import type { Tx } from '../database/pool.ts';
import { openColumn, type RowOf, sealColumn } from '../database/sealed-columns.ts';
import { storedJson } from '../database/stored-json.ts';
import type { DeletionReason, UploadsTable } from '../database/tables.ts';
import { insertEvents } from '../events/record.ts';
import type { ServiceEvent } from '../events/types.ts';

export type Upload = Selectable<UploadsTable>;

/** Result of an inspection. */
const inspection = z.object({
  /** The inspection as clients see it. */
  summary: uploadMetadata,
  /** Input of the planner: `MediaInfo`, parsed by `src/attempt/media/stored-info.ts`. Null for a subtitle file. */
  info: z.unknown(),
  /** Whether FFmpeg reads a remuxed container or the original file. Absent for a subtitle file. */
  container: z.enum(['rewritten', 'original']).optional(),
  /** How a source was fetched from its URL. Absent for other sources. */
  fetched: fetchedHow.optional(),
});

export type Inspection = z.infer<typeof inspection>;

export const inspectionJson = storedJson('inspection', 1, inspection);
/** The fields of an inspection that lists read. `info` is not among these fields. */
export const inspectionSummary = storedJson(
  'inspection',
  1,
  z.object({
    summary: uploadMetadata,
    container: inspection.shape.container.nullable().transform((value) => value ?? undefined),
    fetched: fetchedHow.nullish().transform((value) => value ?? undefined),
  }),
);

export interface UploadNames {
  original: string;
  stored: string;
}

export function sealNames(vault: Vault, upload: RowOf<'uploads'>, names: UploadNames): Buffer {
  return sealColumn(vault, 'uploads', 'name_sealed', upload, JSON.stringify(names));
}

export function openNames(vault: Vault, upload: RowOf<'uploads'> & Pick<Upload, 'name_sealed'>): UploadNames | null {
  const names = openColumn(vault, 'uploads', 'name_sealed', upload);
  return names === null ? null : (JSON.parse(names) as UploadNames);
}

/** Returns `gs://<bucket>/<stored name>`. On any storage, this scheme stands for an object of the account. */
export function uploadUrl(bucket: string, stored: string): string {
  return `gs://${bucket}/${stored}`;
}

/** Seconds that an upload may stay unconfirmed. */
export const UNCONFIRMED_SECONDS = 3600;
/** Seconds that an upload in parts may stay unconfirmed. Less than a day, after which the embedded storage deletes the parts. */
export const MULTIPART_SECONDS = 23 * 3600;

/**
 * Clears rows of uploads whose bytes are deleted: the name, the inspection, and the responses that contain the upload's URLs. The reason of
 * a rejection stays, sealed, until the URL expires, because a client may be waiting for it.
 */
export async function scrubUploads(tx: Tx, ids: readonly string[], reason: DeletionReason): Promise<void> {
  if (ids.length === 0) return;
  await scrubResponses(tx, 'upload_id', ids);
  const scrubbed = await tx
    .updateTable('uploads')
    .set({ state: 'deleted', name_sealed: null, probe: null })
    .where('id', 'in', ids)
    .where('state', '!=', 'deleted')
    .returning(['id', 'account_id'])
    .execute();
  if (scrubbed.length === 0) return;
  const type: ServiceEvent = reason === 'refused' ? 'upload.refused' : 'upload.deleted';
  const data = JSON.stringify(reason === 'refused' ? { v: 1 } : { v: 1, reason });
  await sql`
    WITH ${insertEvents(sql`
      SELECT upload.account_id, NULL::uuid AS job_id, upload.id AS upload_id, ${type}::text AS type, ${data}::jsonb AS data
      FROM unnest(${scrubbed.map(({ account_id }) => account_id)}::uuid[], ${scrubbed.map(({ id }) => id)}::uuid[])
        AS upload (account_id, id)`)}
    SELECT`.execute(tx);
}
