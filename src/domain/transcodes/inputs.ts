import { sql } from 'kysely';
import { ApiError } from '../../contract/errors.ts';
import type { Tx } from '../../database/pool.ts';
import { cleanFilename } from '../../ids/stored-name.ts';
import { type Account, accountRetention } from '../accounts.ts';
import type { Context } from '../context.ts';
import { lockObjects } from '../objects.ts';
import { openColumn } from '../sealed-columns.ts';
import { type Inspection, inspectionOf, openNames, type Upload, uploadUrl } from '../uploads/upload.ts';

/** A URL of the request and the field in which it stands, for errors. */
export interface NamedSource {
  url: string;
  field: string;
}

export interface ResolvedInput {
  /** The confirmed upload behind a gs:// URL; null for a URL that a worker will fetch. */
  uploadId: string | null;
  /** The bytes behind a gs:// URL: an upload's, or an earlier job's output. */
  objectId: string | null;
  /** What reads show: without query. */
  shownUrl: string;
  /** What the worker fetches: whole. Null for uploads. */
  sourceUrl: string | null;
  /** A file name for the output to be named after. */
  name: string;
  inspection: Inspection | null;
}

export const OUTPUT_URL = /^gs:\/\/([^/]+)\/outputs\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.[a-z0-9]+$/;

/**
 * Turns the request's URLs into uploads of this account or sources to fetch. A gs:// URL of another account is
 * answered exactly like one that never existed. Uploads that are used live on from now.
 */
export async function resolveSources(
  context: Context,
  tx: Tx,
  account: Account,
  sources: readonly NamedSource[],
): Promise<ResolvedInput[]> {
  const resolved: ResolvedInput[] = [];
  const uploads = await lockUploads(context, tx, account, sources);
  for (const { url, field } of sources) {
    const output = OUTPUT_URL.exec(url);
    if (output)
      resolved.push(await resolveOutput(context, tx, account, { url, bucket: output[1]!, job: output[2]! }, field));
    else if (url.startsWith('gs://')) resolved.push(await resolveUpload(context, tx, account, uploads, url, field));
    else resolved.push(resolveSource(url));
  }
  return resolved;
}

type Uploads = Map<string, Upload>;

/**
 * Uploads that the request names, by URL, held until the job's row is committed: the sweeper cannot delete one in
 * between. In the order of their ids, as everywhere, so that jobs with the same uploads never deadlock.
 */
async function lockUploads(
  context: Context,
  tx: Tx,
  account: Account,
  sources: readonly NamedSource[],
): Promise<Uploads> {
  const prefix = uploadUrl(context.store.bucket, '');
  const urls = sources.map((source) => source.url).filter((url) => url.startsWith(prefix) && !OUTPUT_URL.test(url));
  if (urls.length === 0) return new Map();
  const byPrint = new Map(urls.map((url) => [print(context, url.slice(prefix.length)), url]));
  const rows = await tx
    .selectFrom('uploads')
    .selectAll()
    .where('account_id', '=', account.id)
    .where(
      'name_fingerprint',
      'in',
      [...byPrint.keys()].map((hex) => Buffer.from(hex, 'hex')),
    )
    .orderBy('id')
    .forUpdate()
    .execute();
  await lockObjects(
    tx,
    rows.flatMap((row) => (row.object_id ? [row.object_id] : [])),
  );
  return new Map(rows.map((row) => [byPrint.get(row.name_fingerprint.toString('hex'))!, row]));
}

function print(context: Context, stored: string): string {
  return context.vault.fingerprint(stored).toString('hex');
}

async function resolveUpload(
  context: Context,
  tx: Tx,
  account: Account,
  uploads: Uploads,
  url: string,
  field: string,
): Promise<ResolvedInput> {
  const refusal = {
    field,
    reason: `is no confirmed upload of this account in gs://${context.store.bucket}`,
    remedy: 'Use the fileUrl that /v1/upload/confirm returned',
  };
  const upload = uploads.get(url);
  if (!upload) throw new ApiError('source_not_owned', refusal);
  const names = openNames(context.vault, upload);
  if (upload.state === 'deleted') throw new ApiError('source_deleted', { field });
  if (upload.state !== 'confirmed' || !names || !upload.object_id) throw new ApiError('source_not_owned', refusal);
  const seconds = accountRetention(account, context.retentionSeconds);
  const extended = await tx
    .updateTable('objects')
    .set({ delete_after: sql`greatest(delete_after, now() + make_interval(secs => ${seconds}))` })
    .where('id', '=', upload.object_id)
    .where('state', '=', 'live')
    .returning('id')
    .executeTakeFirst();
  if (!extended) throw new ApiError('source_deleted', { field });
  return {
    uploadId: upload.id,
    objectId: upload.object_id,
    shownUrl: url,
    sourceUrl: null,
    name: cleanFilename(names.original),
    inspection: inspectionOf(upload),
  };
}

/** `output_url` of a completed job may be the input of the next one. */
async function resolveOutput(
  context: Context,
  tx: Tx,
  account: Account,
  output: { url: string; bucket: string; job: string },
  field: string,
): Promise<ResolvedInput> {
  const job = await tx
    .selectFrom('transcodes')
    .leftJoin('objects', 'objects.id', 'transcodes.output_object_id')
    .select([
      'transcodes.id',
      'transcodes.account_id',
      'transcodes.output_name_sealed',
      'transcodes.erased_at',
      'objects.id as object_id',
      'objects.state',
    ])
    .where('transcodes.account_id', '=', account.id)
    .where('transcodes.id', '=', output.job)
    .where('transcodes.status', '=', 'completed')
    .executeTakeFirst();
  if (!job || output.bucket !== context.store.bucket) throw new ApiError('source_not_owned', { field });
  const name = openColumn(context.vault, 'transcodes', 'output_name_sealed', job);
  if (job.erased_at || job.state !== 'live' || !job.object_id || name === null) {
    throw new ApiError('source_deleted', { field });
  }
  return {
    uploadId: null,
    objectId: job.object_id,
    shownUrl: output.url,
    sourceUrl: null,
    name,
    inspection: null,
  };
}

/** The route has checked the URL already; only its parts are needed here. */
function resolveSource(url: string): ResolvedInput {
  const parsed = new URL(url);
  const last = decodeSafely(parsed.pathname.split('/').at(-1) ?? '');
  return {
    uploadId: null,
    objectId: null,
    shownUrl: `${parsed.protocol}//${parsed.host}${parsed.pathname}`,
    sourceUrl: url,
    name: cleanFilename(last || 'output'),
    inspection: null,
  };
}

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
