import { join } from 'node:path';
import { sql } from 'kysely';
import { accountRetention } from '../../accounts/accounts.ts';
import { openMedia } from '../../attempt/media/open-media.ts';
import { readHead } from '../../attempt/media/read-head.ts';
import { subtitleSummary, summarise } from '../../attempt/media/summary.ts';
import { stageObject } from '../../attempt/sources/stage-source.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { Context } from '../../database/context.ts';
import type { Db, Tx } from '../../database/pool.ts';
import { insertEvents } from '../../events/record.ts';
import { contentTypeMatches, detectMedia, SUBTITLE_DEMUXERS } from '../../ffmpeg/index.ts';
import { lockOwned } from '../../jobs/read.ts';
import type { Claim } from '../../jobs/rows.ts';
import { deleteBytes } from '../../objects/deletion.ts';
import { markDeleting } from '../../objects/objects.ts';
import { type Inspection, inspectionJson } from '../../uploads/upload.ts';
import type { AttemptResult } from '../kind.ts';

interface Found {
  contentType: string;
  inspection: Inspection;
}

/** Inspects an upload while its confirm waits: checks its signature and declared type, and describes its streams. */
export async function executeInspection(tools: WorkTools, run: Run): Promise<AttemptResult> {
  const { context } = tools;
  const source = run.claim.inputs[0]!;
  const upload = await sealedUpload(context.db, source.upload_id!, source.object_id!);
  if (upload?.state !== 'confirming') throw new JobFailure('input_deleted', 'The upload has been deleted.');
  try {
    const slot = await run.lease.acquire(run.signal);
    const path = await stageObject(tools, upload.key, join(run.folder, 'upload'), { signal: run.signal });
    const found = await inspect(tools, upload, path, { folder: run.folder, slot, signal: run.signal });
    const apply = (tx: Tx) => confirmUpload(context, tx, upload, found);
    const nothing = { outputs: [], plan: null, warnings: [], inputSeconds: null, attempt: null };
    return { outcome: 'completed', completion: { ...nothing, apply } };
  } catch (error) {
    if (error instanceof JobFailure && !error.retry) await deleteRejected(context, run.claim, source.object_id!);
    throw error;
  }
}

/** An upload with the key of its object, and the settings of its account. */
export type SealedUpload = NonNullable<Awaited<ReturnType<typeof sealedUpload>>>;

export function sealedUpload(db: Db, id: string, objectId: string) {
  return db
    .selectFrom('uploads')
    .innerJoin('accounts', 'accounts.id', 'uploads.account_id')
    .innerJoin('objects', (join) => join.on('objects.id', '=', objectId))
    .select(['uploads.id', 'uploads.account_id', 'uploads.state', 'declared_type'])
    .select(['objects.key', 'accounts.retention_seconds', 'accounts.disarm'])
    .where('uploads.id', '=', id)
    .executeTakeFirst();
}

async function inspect(
  tools: WorkTools,
  upload: SealedUpload,
  path: string,
  cell: { folder: string; slot: number; signal: AbortSignal },
): Promise<Found> {
  const { head, size } = await readHead(path);
  const detected = await detectMedia(head);
  const declared = upload.declared_type;
  if (!detected || !contentTypeMatches(declared, detected.mime)) {
    const seen = detected ? `looks like ${detected.mime}` : 'is not a supported media file';
    throw new JobFailure('unsupported_media', `The file ${seen}, but ${declared} was declared.`);
  }
  if (SUBTITLE_DEMUXERS.includes(detected.demuxer)) {
    return { contentType: detected.mime, inspection: { summary: subtitleSummary(detected.demuxer, size), info: null } };
  }
  const { contentType, container, info } = await openMedia(tools, path, {
    ...cell,
    name: 'upload',
    subject: 'The file',
    disarm: upload.disarm,
    probeOnly: true,
  });
  return { contentType, inspection: { summary: summarise(info), info, container } };
}

/** Confirms the upload, makes its object live and records that, unless the upload was deleted meanwhile. */
export async function confirmUpload(context: Context, tx: Tx, upload: SealedUpload, found: Found): Promise<void> {
  const now = new Date();
  const expiresAt = new Date(now.getTime() + accountRetention(upload, context.retentionSeconds) * 1000);
  const confirmed = sql`
    SELECT account_id, NULL::uuid AS job_id, id AS upload_id, 'upload.confirmed' AS type, '{"v":1}'::jsonb AS data
    FROM confirmed`;
  await sql`
    WITH confirmed AS (
      UPDATE uploads SET state = 'confirmed', confirmed_at = ${now}, probe = ${inspectionJson.write(found.inspection)}
      WHERE id = ${upload.id} AND state = 'confirming' RETURNING id, account_id, object_id
    ), object AS (
      UPDATE objects SET state = 'live', content_type = ${found.contentType}, delete_after = ${expiresAt}
      FROM confirmed WHERE objects.id = confirmed.object_id AND objects.state = 'pending'
    ), ${insertEvents(confirmed, { wakeUploads: true })}
    SELECT`.execute(tx);
}

/** Deletes the bytes before the confirm responds: a rejected upload is gone when the client gets the response. */
export async function deleteRejected(context: Context, claim: Claim, objectId: string): Promise<void> {
  const isMine = await context.db.transaction().execute(async (tx) => {
    const owned = await lockOwned(tx, claim);
    if (owned) await markDeleting(tx, [objectId], 'refused');
    return owned !== undefined;
  });
  if (isMine) await deleteBytes(context, [objectId]);
}
