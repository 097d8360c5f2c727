import type { Account } from '../../accounts/accounts.ts';
import { ApiError } from '../../contract/errors.ts';
import type { ConfirmBody, ConfirmResult } from '../../contract/uploads.ts';
import { uuidv7 } from '../../crypto/uuid.ts';
import type { Context } from '../../database/context.ts';
import { UPLOAD_COLUMNS } from '../../database/every-column.ts';
import type { Tx } from '../../database/pool.ts';
import { openColumn } from '../../database/sealed-columns.ts';
import { withTransactionRetry } from '../../database/transaction-retry.ts';
import { lacksInspection } from '../../jobs/awaited-uploads.ts';
import { insertJob } from '../../jobs/insert.ts';
import type { JobsContext } from '../../jobs/kind.ts';
import { joinParts } from '../../uploads/join-parts.ts';
import { type FoundUpload, findUpload, getUpload } from '../../uploads/read.ts';
import { dropCopy, sealCopy } from '../../uploads/seal.ts';
import { closeStaging } from '../../uploads/staging.ts';
import { inspectionJson, openNames, type Upload, uploadUrl } from '../../uploads/upload.ts';

/**
 * Starts to listen for changes of an upload, until `over` is aborted. The returned function resolves after the first change, or when
 * `deadline`, a value of `performance.now()`, has passed. The caller then reads the upload again.
 */
export type ListenToUpload = (uploadId: string, deadline: number, over: AbortSignal) => () => Promise<void>;

const NOT_INSPECTED = { reason: 'no worker has inspected the upload yet', remedy: 'Confirm again' };
const INSPECTION_FAILED = {
  reason: 'the inspection of the upload failed for a reason other than the file, and Airlock kept the upload',
  remedy: 'Confirm again',
};
const INSPECTIONS_FAILED = {
  reason: 'several inspections of the upload failed for a reason other than the file',
  remedy: 'Report the x-request-id to the operator, then upload the file again',
};
/** Maximum number of inspections of an upload. If the file ends its workers, a client must not be able to repeat this at will. */
const MAX_INSPECTIONS = 3;
export const UNKNOWN_NAME = {
  field: 'filename',
  reason: 'no upload of this account has that name; it may have expired',
  remedy: 'Send the filename that the upload URL came with, which begins with a date',
};
const NOT_SENT = {
  field: 'filename',
  reason: 'its bytes have not arrived',
  remedy: 'PUT the bytes to uploadUrl first, then confirm',
};

/**
 * Confirms an upload: checks that the object exists, that its size matches, and that its content has the declared type. The object is
 * copied to a key that no signed URL names *before* it is inspected, so that it cannot change after the check. A worker inspects the
 * object. This process never reads the bytes.
 */
export async function confirmUpload(
  context: JobsContext,
  account: Account,
  body: ConfirmBody,
  wait: { listen: ListenToUpload; maxMs: number },
): Promise<ConfirmResult> {
  const deadline = performance.now() + wait.maxMs;
  let upload = await findUpload(context, account.id, body.filename);
  if (!upload || upload.state === 'deleted') throw new ApiError('upload_not_found', UNKNOWN_NAME);
  const over = new AbortController();
  try {
    // Listen before the inspection is queued and before each read, because the inspection may end in between.
    let changed = wait.listen(upload.id, deadline, over.signal);
    if (upload.state === 'pending') upload = await seal(context, upload, body);
    else if (lacksInspection(upload)) upload = await inspectAgain(context, upload);
    while (upload.state === 'confirming') {
      if (lacksInspection(upload)) throw new ApiError('unavailable', INSPECTION_FAILED);
      if (performance.now() >= deadline) throw new ApiError('unavailable', NOT_INSPECTED);
      await changed();
      changed = wait.listen(upload.id, deadline, over.signal);
      upload = await findUpload(context, account.id, body.filename);
      if (!upload) throw new ApiError('upload_not_found', UNKNOWN_NAME);
    }
  } finally {
    // Pass a reason, so that no exception with a stack trace is created.
    over.abort('over');
  }
  if (upload.state === 'deleted') {
    const rejection = openColumn(context.vault, 'uploads', 'refusal_sealed', upload);
    if (rejection === null) throw new ApiError('upload_not_found', UNKNOWN_NAME);
    throw new ApiError('upload_type_mismatch', { field: 'filename', reason: rejection });
  }
  if (body.fileSize !== upload.declared_size) throw new ApiError('upload_size_mismatch', sizes(body, upload));
  return confirmedResult(context, upload);
}

async function seal(context: JobsContext, upload: FoundUpload, body: ConfirmBody): Promise<FoundUpload> {
  if (upload.part_size !== null) {
    await joinParts(context, upload, body);
    return (await claim(context, upload, upload.object_id!)) ?? overtaken(context, upload.id);
  }
  const { store } = context;
  if (body.fileSize !== upload.declared_size) {
    if (!(await store.head(upload.staging_key))) return overtaken(context, upload.id);
    return rejectSize(context, upload, body);
  }
  if (unsent.has(upload.id) && !(await store.head(upload.staging_key))) return overtaken(context, upload.id);
  const sealed = await sealCopy(context, upload);
  if (sealed.found === 'other-size') return rejectSize(context, upload, body);
  if (sealed.found === 'nothing') noteUnsent(upload.id);
  else {
    const claimed = await claim(context, upload, sealed.objectId);
    if (claimed) {
      await closeStaging(context, claimed);
      return claimed;
    }
    await dropCopy(context, sealed);
  }
  // Either the bytes have not arrived, or another confirm was faster.
  return overtaken(context, upload.id);
}

/**
 * Ids of uploads whose bytes had not arrived when they were confirmed. The next confirm of such an upload first checks whether the bytes
 * exist, because each copy uses a row.
 */
const unsent = new Set<string>();
const MOST_UNSENT = 10_000;

function noteUnsent(id: string): void {
  if (unsent.size >= MOST_UNSENT) unsent.clear();
  unsent.add(id);
}

/** Deletes the bytes, and throws `upload_size_mismatch`. The signed URL is still valid, so the client can send the right bytes. */
async function rejectSize({ store }: Context, upload: Upload, body: ConfirmBody): Promise<never> {
  await store.delete(upload.staging_key);
  throw new ApiError('upload_size_mismatch', sizes(body, upload));
}

/** Queues another inspection of an upload whose last inspection had no result. */
async function inspectAgain(context: JobsContext, upload: FoundUpload): Promise<FoundUpload> {
  const { inspections } = await context.db
    .selectFrom('job_sources')
    .innerJoin('jobs', 'jobs.id', 'job_sources.job_id')
    .select(({ fn }) => fn.countAll<number>().as('inspections'))
    .where('job_sources.upload_id', '=', upload.id)
    .where('jobs.kind', '=', 'inspection')
    .executeTakeFirstOrThrow();
  if (inspections >= MAX_INSPECTIONS) throw new ApiError('unavailable', INSPECTIONS_FAILED);
  return (await claim(context, upload, upload.object_id!)) ?? overtaken(context, upload.id);
}

/** Queues the inspection of a sealed object. Returns undefined if another confirm was faster or the upload no longer exists. */
async function claim(context: JobsContext, upload: Upload, objectId: string): Promise<FoundUpload | undefined> {
  const inspectionId = uuidv7();
  try {
    return await withTransactionRetry(context.db, async (tx) => {
      // Send both statements in one round trip. If another confirm was faster, the insert is rolled back.
      const [won] = await Promise.all([
        tx
          .updateTable('uploads')
          .set({ state: 'confirming', object_id: objectId, inspection_id: inspectionId })
          .where('id', '=', upload.id)
          .where((where) =>
            where.or([
              where('state', '=', 'pending'),
              where.and({ state: 'confirming', object_id: objectId }).and('inspection_id', 'is', null),
            ]),
          )
          .returning(UPLOAD_COLUMNS)
          .executeTakeFirst(),
        insertInspection(context, tx, upload, { id: inspectionId, objectId }),
      ]);
      if (!won) throw new LostRace();
      return { ...won, object_state: 'pending' as const };
    });
  } catch (error) {
    if (error instanceof LostRace) return undefined;
    throw error;
  }
}

/** Rolls back the transaction of a confirm that was not the first. */
class LostRace extends Error {}

async function insertInspection(
  context: JobsContext,
  tx: Tx,
  upload: Upload,
  { id, objectId }: { id: string; objectId: string },
): Promise<void> {
  const source = { uploadId: upload.id, objectId, shownUrl: null, sourceUrl: null, name: '', inspection: null };
  await insertJob(context, tx, {
    id,
    kind: 'inspection',
    accountId: upload.account_id,
    keyId: null,
    requestId: null,
    resourceClass: 'interactive',
    request: null,
    facts: '{"v":1}',
    settings: null,
    sources: [{ position: 0, asset: null, source }],
    outputs: [],
    warnings: [],
    metadata: null,
    retentionSeconds: 0,
  });
}

/** Returns the upload if another confirm has sealed it. Otherwise throws `upload_not_found`. */
async function overtaken({ db }: Context, id: string): Promise<FoundUpload> {
  const upload = await getUpload(db, id);
  if (!upload || upload.state === 'pending') throw new ApiError('upload_not_found', NOT_SENT);
  return upload;
}

function confirmedResult(context: Context, upload: FoundUpload): ConfirmResult {
  const names = openNames(context.vault, upload);
  const inspection = inspectionJson.readOrNull(upload.probe);
  if (!names || !inspection || upload.object_state !== 'live') throw new ApiError('upload_not_found', UNKNOWN_NAME);
  const fileUrl = uploadUrl(context.store.bucket, names.stored);
  return {
    fileUrl,
    gcsUrl: fileUrl,
    filename: names.stored,
    fileSize: upload.declared_size,
    size: upload.declared_size,
    uploadedAt: (upload.confirmed_at ?? upload.created_at).toISOString(),
    metadata: inspection.summary,
  };
}

function sizes(body: ConfirmBody, upload: Upload) {
  return { field: 'fileSize', confirmed: body.fileSize, declared: upload.declared_size };
}
