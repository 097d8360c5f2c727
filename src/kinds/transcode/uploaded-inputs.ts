import {
  type ConfirmableUpload,
  checkDeclaredType,
  confirmForAttempt,
  type FoundInUpload,
} from '../../attempt/sources/sealed-upload.ts';
import { sourcePath, stageObject } from '../../attempt/sources/stage-source.ts';
import type { Run, WorkTools } from '../../attempt/tools.ts';
import { blamesFile, JobFailure } from '../../contract/failures.ts';
import type { Claim, ClaimedSource } from '../../jobs/rows.ts';
import type { TranscodeAttempt } from './attempt.ts';

/*
 * Inputs that were uploaded for the job, without an inspection. The attempt makes the checks of a confirm while it
 * prepares the inputs, and confirms them. If a confirm would reject an input, the job fails with the same reason.
 */

/** An upload that this job must confirm. */
interface UnconfirmedUpload extends ConfirmableUpload {
  declared_type: string;
  /** Storage key of its bytes. */
  key: string;
}

/** Returns the upload of an input, in its state at the claim, if this job must confirm the upload. Otherwise returns null. */
export function unconfirmedUpload({ job }: Pick<Claim, 'job'>, source: ClaimedSource): UnconfirmedUpload | null {
  const { upload_id: id, upload_state, upload_type, inspection_id, object_key: key, object_state } = source;
  if (id === null || upload_type === null || key === null) return null;
  if (object_state !== 'pending' || upload_state !== 'confirming' || inspection_id !== job.id) return null;
  return { id, key, declared_type: upload_type, retention_seconds: source.account_retention_seconds };
}

/** Stages an upload like `stageSource`. Throws `JobFailure` with `upload_rejected` if its type is not the declared type. */
export async function stageUpload(
  tools: WorkTools,
  { folder, signal, disk }: Run,
  upload: UnconfirmedUpload,
  { position, object_size }: ClaimedSource,
): Promise<string> {
  const before = () => disk.reserve(object_size ?? 0);
  const path = await stageObject(tools, upload.key, sourcePath(folder, position), { signal, before });
  await asRejection(() => checkDeclaredType(path, upload.declared_type));
  return path;
}

/** Runs a check of the confirm. Converts a failure that the file caused to `upload_rejected`. */
export async function asRejection<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (!(error instanceof JobFailure) || error.retry || !blamesFile(error.code) || error.code === 'sandbox_violation')
      throw error;
    throw new JobFailure('upload_rejected', error.message, { cause: error });
  }
}

/**
 * Starts to confirm the upload with the detected properties, and to record them for the job. `attempt.confirmed` waits for this. The end of
 * the attempt also waits, because a failed job deletes its unconfirmed uploads. Stops the attempt if it was replaced.
 */
export function confirmMeanwhile(
  attempt: TranscodeAttempt,
  input: { upload: UnconfirmedUpload; position: number },
  found: FoundInUpload,
): void {
  const { tools, run } = attempt;
  const confirming = confirmForAttempt(tools.context, run.claim, input, found).then((isOwner) => {
    if (!isOwner) run.onReplaced();
  });
  attempt.atEnd.push(() => confirming.catch(() => {}));
  attempt.confirmed = Promise.all([attempt.confirmed, confirming]);
  attempt.confirmed.catch(() => {}); // The caller that awaits the promise reports its error.
}
