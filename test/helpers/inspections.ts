import { confirmSealed, type SealedUpload, sealedUpload } from '../../src/attempt/sources/sealed-upload.ts';
import type { UploadMetadata } from '../../src/contract/uploads.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { completeJob, failAttempt } from '../../src/jobs/finish.ts';
import type { JobsContext } from '../../src/jobs/kind.ts';
import type { Claim } from '../../src/jobs/rows.ts';
import { deleteRejected } from '../../src/kinds/inspection/execute.ts';

/** An inspection of an upload that a worker has claimed. */
export interface ClaimedInspection {
  claim: Claim;
  upload: SealedUpload;
  objectKey: string;
}

/** Claims the next inspection of an upload as a worker does; returns null if none is waiting. */
export async function claimInspection(
  context: JobsContext,
  workerId: string = uuidv7(),
): Promise<ClaimedInspection | null> {
  const claim = await claimJob(context, 'interactive', { worker: { id: workerId, tier: 'bwrap' } });
  if (!claim) return null;
  const source = claim.inputs[0]!;
  const upload = (await sealedUpload(context.db, source.upload_id!, source.object_id!))!;
  return { claim, upload, objectKey: upload.key };
}

/** Completes an inspection as a worker does that has found this file. Returns false if the attempt was replaced. */
export function acceptInspection(
  context: JobsContext,
  { claim, upload }: ClaimedInspection,
  found: { contentType: string; inspection: { summary: UploadMetadata; info: null } },
): Promise<boolean> {
  return completeJob(context, claim, {
    ...{ outputs: [], plan: null, warnings: [], inputSeconds: null, attempt: null },
    apply: (tx) => confirmSealed(context, tx, upload, found),
  });
}

/** Rejects an upload as a worker does that has found another kind of file. Returns false if the attempt was replaced. */
export async function rejectInspection(
  context: JobsContext,
  { claim }: ClaimedInspection,
  reason: string,
): Promise<boolean> {
  await deleteRejected(context, claim, claim.inputs[0]!.object_id!);
  return failAttempt(context, claim, { code: 'unsupported_media', message: reason, retry: false }, null);
}
