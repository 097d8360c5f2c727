import { join } from 'node:path';
import { openMedia } from '../../attempt/media/open-media.ts';
import { subtitleSummary, summarise } from '../../attempt/media/summary.ts';
import {
  checkDeclaredType,
  confirmSealed,
  type FoundInUpload,
  type SealedUpload,
  sealedUpload,
} from '../../attempt/sources/sealed-upload.ts';
import { stageObject } from '../../attempt/sources/stage-source.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { blamesFile, JobFailure } from '../../contract/failures.ts';
import type { Context } from '../../database/context.ts';
import type { Tx } from '../../database/pool.ts';
import { SUBTITLE_DEMUXERS } from '../../ffmpeg/index.ts';
import { lockOwned } from '../../jobs/read.ts';
import type { Claim } from '../../jobs/rows.ts';
import { deleteBytes } from '../../objects/deletion.ts';
import { markDeleting } from '../../objects/objects.ts';
import type { AttemptResult } from '../kind.ts';

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
    const apply = (tx: Tx) => confirmSealed(context, tx, upload, found);
    const nothing = { outputs: [], plan: null, warnings: [], inputSeconds: null, attempt: null };
    return { outcome: 'completed', completion: { ...nothing, apply } };
  } catch (error) {
    if (error instanceof JobFailure && !error.retry && blamesFile(error.code))
      // If this fails, the end of the job marks the bytes for deletion. The upload must be rejected for the fault of its file.
      await deleteRejected(context, run.claim, source.object_id!).catch(() => {});
    throw error;
  }
}

async function inspect(
  tools: WorkTools,
  upload: SealedUpload,
  path: string,
  cell: { folder: string; slot: number; signal: AbortSignal },
): Promise<FoundInUpload> {
  const { detected, size } = await checkDeclaredType(path, upload.declared_type);
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

/** Deletes the bytes before the confirm responds, so that the client of a rejected upload receives the response after the deletion. */
export async function deleteRejected(context: Context, claim: Claim, objectId: string): Promise<void> {
  const isMine = await context.db.transaction().execute(async (tx) => {
    const owned = await lockOwned(tx, claim);
    if (owned) await markDeleting(tx, [objectId], 'refused');
    return owned !== undefined;
  });
  if (isMine) await deleteBytes(context, [objectId]);
}
