import { confirmSealed, type FoundInUpload, sealedUpload } from '../../../attempt/sources/sealed-upload.ts';
import { contentTypeMatches } from '../../../ffmpeg/index.ts';
import { recordInput } from '../../../jobs/progress.ts';
import { lockOwned } from '../../../jobs/read.ts';
import type { Claim } from '../../../jobs/rows.ts';
import { NotInOrder } from '../../../sanitizer/streaming/index.ts';
import { getMultipart } from '../../../uploads/multipart.ts';
import type { Upload } from '../../../uploads/upload.ts';
import type { TranscodeAttempt } from '../attempt.ts';
import { mayStream } from '../streaming/may-stream.ts';
import { uploadArriving } from '../streaming/uploaded-parts.ts';
import type { FallBack, Strategy } from './prepared.ts';
import { detectSource, JUDGED_BYTES, streamSource } from './streaming.ts';

/** Whether the job has started before its upload is complete. */
export function isArriving({ inputs }: Pick<Claim, 'inputs'>): boolean {
  return inputs.some(({ upload_id, object_id }) => upload_id !== null && object_id === null);
}

/**
 * Streams one upload while its parts arrive, like a source from a URL. If the job needs the complete source to continue, the job awaits its
 * upload again. The attempt stores outputs only if the storage joins exactly the parts that the attempt has read.
 */
export const arriving: Strategy = {
  name: 'arriving',
  async prepare(attempt) {
    const { tools, run, request } = attempt;
    const { readPart } = await tools.context.store.capabilities();
    const uploadId = run.claim.inputs[0]!.upload_id;
    if (!readPart || !uploadId || !mayStream(run.claim, request)) return fallBack('it needs the complete upload');
    const found = await getMultipart(tools.context, run.claim.job.account_id, uploadId).catch(() => null);
    if (found?.upload.state !== 'pending') return fallBack('its upload is no longer open');
    const { upload } = found;
    const objectId = upload.object_id!;
    const source = uploadArriving(attempt, found, readPart);
    attempt.atEnd.push(() => source.stop());
    await source.reached(JUDGED_BYTES);
    const detected = source.state.arrived < JUDGED_BYTES ? null : await detectSource(source);
    if (!detected) return fallBack('the start of its upload has another type');
    const { contentType, demuxer } = detected;
    if (!contentTypeMatches(upload.declared_type, contentType)) return fallBack('its upload has another type');
    const confirm = (inspected: FoundInUpload) => confirmJoined(attempt, upload, inspected);
    return streamSource(attempt, {
      source,
      demuxer,
      size: upload.declared_size,
      upload: { objectId, contentType, confirm },
    });
  },
};

function fallBack(reason: string): FallBack {
  return { outcome: 'fall-back', reason };
}

/**
 * Confirms the upload whose parts this attempt has joined, and makes it the source of the job. Throws `NotInOrder` if the
 * attempt was replaced, or if another process was faster.
 */
async function confirmJoined(
  { tools: { context }, run: { claim, onReplaced } }: TranscodeAttempt,
  upload: Upload,
  found: FoundInUpload,
): Promise<void> {
  const isConfirmed = await context.db.transaction().execute(async (tx) => {
    if (!(await lockOwned(tx, claim))) {
      onReplaced();
      return false;
    }
    const won = await tx
      .updateTable('uploads')
      .set({ state: 'confirming', inspection_id: claim.job.id })
      .where('id', '=', upload.id)
      .where('state', '=', 'pending')
      .returning('id')
      .executeTakeFirst();
    const sealed = won && (await sealedUpload(tx, upload.id, upload.object_id!));
    if (!sealed) return false;
    await tx
      .updateTable('job_sources')
      .set({ object_id: sealed.object_id })
      .where('job_id', '=', claim.job.id)
      .where('upload_id', '=', upload.id)
      .execute();
    await recordInput({ db: tx }, claim, 0, found.inspection);
    await confirmSealed(context, tx, sealed, found);
    return true;
  });
  if (!isConfirmed) throw new NotInOrder('its upload is no longer open');
}
