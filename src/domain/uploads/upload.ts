import type { Selectable } from 'kysely';
import type { UploadMetadata } from '../../contract/uploads.ts';
import type { Db } from '../../database/pool.ts';
import type { UploadsTable } from '../../database/tables.ts';
import type { Vault } from '../../ids/vault.ts';
import { forgetAnswers } from '../idempotency.ts';
import { openColumn, type RowOf, sealColumn } from '../sealed-columns.ts';

export type Upload = Selectable<UploadsTable>;

/** What an inspection found: the summary that clients see, and the planner's own picture, opaque here. */
export interface Inspection {
  summary: UploadMetadata;
  info: unknown;
  /** Whose container FFmpeg read; absent = not looked at, or by an earlier release. */
  container?: 'rewritten' | 'original';
}

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

/** `gs://<bucket>/<stored name>`: our scheme for "an object of this account", whatever storage lies behind. */
export function uploadUrl(bucket: string, stored: string): string {
  return `gs://${bucket}/${stored}`;
}

/**
 * Takes the name and what was found out of the rows of uploads whose bytes go, and forgets the answers that hold their
 * URLs. The reason of a refusal stays, sealed, as long as its URL lives: somebody may be waiting for it.
 */
export async function forgetUploads(tx: Db, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await forgetAnswers(tx, 'upload_id', ids);
  await tx
    .updateTable('uploads')
    .set({ state: 'deleted', name_sealed: null, probe: null })
    .where('id', 'in', ids)
    .execute();
}

export function inspectionOf(upload: Pick<Upload, 'probe'>): Inspection | null {
  return (upload.probe as Inspection | null) ?? null;
}
