import type { Account } from '../accounts/accounts.ts';
import type { MeasuredSpace } from '../accounts/store-space.ts';
import { ApiError } from '../contract/errors.ts';
import { UPLOAD_SECONDS } from '../contract/limits.ts';
import { PARTS_FROM_BYTES, type UploadInput, type UploadTarget } from '../contract/upload-inputs.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import { sealedKey, uploadKey } from '../storage/keys.ts';
import { type BegunUpload, insertBegun } from './multipart.ts';
import { earlyPartSize, partSizeFor } from './part-plan.ts';
import { declaredTypeOf, insertUpload } from './presign.ts';
import { requireUploadSize } from './size-limit.ts';
import { uploadUrl } from './upload.ts';

/*
 * Uploads that a job is created with. An upload above 64 MiB has parts, which must begin in storage. That happens before the transaction
 * that inserts the job and its uploads, because a storage that hangs must not block database connections.
 */

/** An upload that can be inserted. */
export interface PreparedUpload {
  id: string;
  body: UploadInput;
  /** Null for an upload with one PUT. */
  begun: BegunUpload | null;
}

/** An upload whose rows are inserted. */
export interface InsertedUpload {
  id: string;
  /** The upload's `gs://` URL, which is valid once the upload is confirmed. */
  url: string;
  target: UploadTarget;
  /** The time of the transaction that inserted it. */
  createdAt: Date;
}

/**
 * Throws an error if the account or the server rejects an upload of this size, or its part size. `field` is the name of the field that
 * describes the upload.
 */
export function requireInputSize(
  account: Pick<Account, 'max_upload_bytes'>,
  { fileSize, partSize }: UploadInput,
  { field, serverMost }: { field: string; serverMost: number },
): void {
  const inParts = fileSize > PARTS_FROM_BYTES;
  requireUploadSize(account, fileSize, { serverMost, inParts, field: `${field}.fileSize` });
  if (!inParts) return;
  try {
    partSizeFor(fileSize, partSize ?? null);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError(error.code, { ...error.details, field: `${field}.partSize` });
  }
}

/**
 * Prepares an upload, and begins it in storage if it has parts. Abort what `begunOf` returns unless you insert it. `startsEarly` means
 * that the job can read the upload while the client still sends parts.
 */
export async function prepareUpload(
  { store }: Pick<Context, 'store'>,
  accountId: string,
  { body, startsEarly }: { body: UploadInput; startsEarly: boolean },
): Promise<PreparedUpload> {
  const id = uuidv7();
  if (body.fileSize <= PARTS_FROM_BYTES) return { id, body, begun: null };
  const objectId = uuidv7();
  const key = sealedKey(accountId, objectId);
  const requested = body.partSize ?? (startsEarly ? earlyPartSize(body.fileSize) : null);
  const partSize = partSizeFor(body.fileSize, requested);
  const multipartId = await store.createMultipart(key, { contentType: declaredTypeOf(body), partSize });
  return { id, body, begun: { id, objectId, key, multipartId, partSize } };
}

/** Returns the uploads in parts that `prepareUpload` began in storage. */
export function begunOf(uploads: Iterable<PreparedUpload>): BegunUpload[] {
  return [...uploads].flatMap(({ begun }) => begun ?? []);
}

/**
 * Inserts an upload that a job awaits, in the transaction that inserts the job. Throws the errors of `insertUpload` if the upload exceeds a
 * limit of the account or of storage.
 */
export async function insertPrepared(
  context: Context,
  tx: Tx,
  { account, jobId, space }: { account: Account; jobId: string; space: MeasuredSpace | null },
  { id, body, begun }: PreparedUpload,
): Promise<InsertedUpload> {
  const request = { account, body, space };
  if (begun) {
    const { answer, createdAt } = await insertBegun(context, tx, request, { ...begun, jobId });
    const { uploadId, filename, partSize, partCount, parts, expiresAt } = answer;
    const target = { uploadId, filename, partSize, partCount, parts, expires_at: expiresAt };
    return { id, url: uploadUrl(context.store.bucket, filename), target, createdAt };
  }
  const key = uploadKey(account.id, id);
  const [{ filename, createdAt, endsAt }, signed] = await Promise.all([
    insertUpload(context, tx, request, { id, stagingKey: key, seconds: UPLOAD_SECONDS, jobId }),
    context.store.presignPut(key, {
      contentType: declaredTypeOf(body),
      size: body.fileSize,
      expiresIn: UPLOAD_SECONDS,
    }),
  ]);
  // Clients cannot set this header: their HTTP library derives it from the body.
  const { 'content-length': _, ...headers } = signed.headers;
  const target = { method: signed.method, url: signed.url, headers, filename, expires_at: endsAt.toISOString() };
  return { id, url: uploadUrl(context.store.bucket, filename), target, createdAt };
}
