import {
  checkDeclaredType,
  confirmSealed,
  type SealedUpload,
  sealedUpload,
} from '../../attempt/sources/sealed-upload.ts';
import { sourcePath, stageObject } from '../../attempt/sources/stage-source.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { JobFailure } from '../../contract/failures.ts';
import { recordInput } from '../../jobs/progress.ts';
import { lockOwned } from '../../jobs/read.ts';
import type { ClaimedSource } from '../../jobs/rows.ts';
import type { Inspection } from '../../uploads/upload.ts';

/*
 * Inputs that were uploaded for the job, without an inspection. The attempt makes the checks of a confirm while it
 * prepares the inputs, and confirms them. If a confirm would reject an input, the job fails with the same reason.
 */

/** The upload behind an input, if this job must confirm it; else null. */
export async function unconfirmedUpload(
  { context }: Pick<WorkTools, 'context'>,
  { claim }: Pick<Run, 'claim'>,
  { upload_id, object_id, object_state }: ClaimedSource,
): Promise<SealedUpload | null> {
  if (upload_id === null || object_id === null || object_state !== 'pending') return null;
  const upload = await sealedUpload(context.db, upload_id, object_id);
  return upload?.state === 'confirming' && upload.inspection_id === claim.job.id ? upload : null;
}

/** Stages an upload like `stageSource`. Throws `JobFailure` with `upload_rejected` if its type is not the declared type. */
export async function stageUpload(
  tools: WorkTools,
  { folder, signal, disk }: Run,
  upload: SealedUpload,
  { position, object_size }: ClaimedSource,
): Promise<string> {
  const before = () => disk.reserve(object_size ?? 0);
  const path = await stageObject(tools, upload.key, sourcePath(folder, position), { signal, before });
  await asRejection(() => checkDeclaredType(path, upload.declared_type));
  return path;
}

/** Runs a check of the confirm. A fault of the file becomes the rejection of the upload. */
export async function asRejection<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof JobFailure) || error.retry || error.code === 'sandbox_violation') throw error;
    throw new JobFailure('upload_rejected', error.message, { cause: error });
  }
}

/** Confirms the upload with the found properties, and records them for the job, unless the attempt was replaced. */
export async function confirmInput(
  { context }: WorkTools,
  { claim, onReplaced }: Run,
  { upload, position }: { upload: SealedUpload; position: number },
  found: { contentType: string; inspection: Inspection },
): Promise<void> {
  await context.db.transaction().execute(async (tx) => {
    const job = await lockOwned(tx, claim);
    if (!job) return onReplaced();
    await Promise.all([
      confirmSealed(context, tx, upload, found, job),
      recordInput({ db: tx }, claim, position, found.inspection),
    ]);
  });
}
