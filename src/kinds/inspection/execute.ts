import { join } from 'node:path';
import { accountRetention, getAccount } from '../../accounts/accounts.ts';
import { JobFailure } from '../../contract/failures.ts';
import type { Context } from '../../database/context.ts';
import type { Tx } from '../../database/pool.ts';
import { recordEvent, wakeWaiting } from '../../events/record.ts';
import type { Completion } from '../../jobs/finish.ts';
import { lockOwned } from '../../jobs/read.ts';
import type { Claim } from '../../jobs/rows.ts';
import { contentTypeMatches, detectMedia, SUBTITLE_DEMUXERS } from '../../media/index.ts';
import { deleteBytes, getObject, markDeleting } from '../../objects/objects.ts';
import { type Inspection, inspectionJson, type Upload } from '../../uploads/upload.ts';
import type { Run, WorkTools } from '../kind.ts';
import { openMedia } from '../shared/open-media.ts';
import { readHead } from '../shared/read-head.ts';
import { stageObject } from '../shared/stage-source.ts';
import { subtitleSummary, summarise } from '../shared/summary.ts';

interface Found {
  contentType: string;
  inspection: Inspection;
}

/** Inspects an upload while its confirm waits: checks its signature and declared type, and describes its streams. */
export async function executeInspection(tools: WorkTools, run: Run): Promise<Completion> {
  const { context } = tools;
  const source = run.claim.inputs[0]!;
  const upload = await context.db
    .selectFrom('uploads')
    .selectAll()
    .where('id', '=', source.upload_id)
    .executeTakeFirstOrThrow();
  const object = await getObject(context.db, source.object_id!);
  if (upload.state !== 'confirming' || !object) throw new JobFailure('input_deleted', 'The upload has been deleted.');
  try {
    const slot = await run.lease.acquire(run.signal);
    const path = await stageObject(tools, object.key, join(run.folder, 'upload'), { signal: run.signal });
    const found = await inspect(tools, upload, path, { folder: run.folder, slot, signal: run.signal });
    const apply = (tx: Tx) => confirmUpload(context, tx, upload, found);
    return { outputs: [], plan: null, warnings: [], inputSeconds: null, attempt: null, apply };
  } catch (error) {
    if (error instanceof JobFailure && !error.retry) await deleteRefused(context, run.claim, object.id);
    throw error;
  }
}

async function inspect(
  tools: WorkTools,
  upload: Upload,
  path: string,
  place: { folder: string; slot: number; signal: AbortSignal },
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
  const account = await getAccount(tools.context.db, upload.account_id);
  const { contentType, container, info } = await openMedia(tools, path, {
    ...place,
    name: 'upload',
    subject: 'The file',
    disarm: account?.disarm ?? false,
    probeOnly: true,
  });
  return { contentType, inspection: { summary: summarise(info), info, container } };
}

/** Confirms the upload and makes its object live. */
export async function confirmUpload(context: Context, tx: Tx, { id, account_id }: Upload, found: Found): Promise<void> {
  const account = await getAccount(tx, account_id);
  const seconds = account ? accountRetention(account, context.retentionSeconds) : context.retentionSeconds;
  const now = new Date();
  const confirmed = await tx
    .updateTable('uploads')
    .set({ state: 'confirmed', confirmed_at: now, probe: inspectionJson.write(found.inspection) })
    .where('id', '=', id)
    .where('state', '=', 'confirming')
    .returning('object_id')
    .executeTakeFirst();
  if (!confirmed?.object_id) return;
  await tx
    .updateTable('objects')
    .set({ state: 'live', content_type: found.contentType, delete_after: new Date(now.getTime() + seconds * 1000) })
    .where('id', '=', confirmed.object_id)
    .where('state', '=', 'pending')
    .execute();
  await recordEvent(tx, { accountId: account_id, uploadId: id }, 'upload.confirmed', {});
  await wakeWaiting(tx, id);
}

/** Deletes the bytes before the confirm is answered: a refused upload is gone when the client gets the answer. */
export async function deleteRefused(context: Context, claim: Claim, objectId: string): Promise<void> {
  const isMine = await context.db.transaction().execute(async (tx) => {
    const owned = await lockOwned(tx, claim);
    if (owned) await markDeleting(tx, [objectId], 'refused');
    return owned !== undefined;
  });
  if (isMine) await deleteBytes(context, [objectId]);
}
