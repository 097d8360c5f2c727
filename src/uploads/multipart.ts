import type { Account } from '../accounts/accounts.ts';
import { withIdempotencyKey } from '../accounts/idempotency.ts';
import { NEEDED_SPACE_MS, storeSpace } from '../accounts/store-space.ts';
import { ApiError } from '../contract/errors.ts';
import { PART_URL_SECONDS } from '../contract/limits.ts';
import {
  type MultipartBody,
  type MultipartResult,
  type MultipartState,
  PART_URLS,
  type PartUrl,
} from '../contract/multipart.ts';
import { isUuid, uuidv7 } from '../crypto/uuid.ts';
import { databaseNow, inSeconds, secondsUntil } from '../database/clock.ts';
import { markChange } from '../database/commit-outcome.ts';
import type { Context } from '../database/context.ts';
import { inAccountTransaction } from '../database/transaction-retry.ts';
import { getObject } from '../objects/objects.ts';
import { sealedKey, uploadKey } from '../storage/keys.ts';
import { abortUncommitted, abortUnused } from './abort-unused.ts';
import { furtherHeaders } from './further-headers.ts';
import { partCount, partSizeFor, sizeOfPart } from './part-plan.ts';
import { declaredTypeOf, insertUpload, type UploadRequest } from './presign.ts';
import { requireUploadSize } from './size-limit.ts';
import { beginWithToken, routeFor } from './token-bounds.ts';
import type { UploadToken } from './tokens.ts';
import { MULTIPART_SECONDS, openNames, type Upload } from './upload.ts';

/*
 * Uploads in parts. Storage joins the parts at the key of the sealed object. After the join, the parts' URLs accept nothing, so no client
 * can change the object, and nothing needs to be copied.
 */

/** An upload in parts, with its key and id in the storage. */
export interface PartsUpload {
  upload: Upload;
  partSize: number;
  key: string;
  multipartId: string;
  /** The time at which the upload was read, by the clock of the database. */
  readAt: Date;
  /** Seconds from `readAt` until its URLs expire. */
  secondsLeft: number;
}

interface Beginning {
  key: string | null;
  body: unknown;
  /** Maximum size of an upload in bytes that the server accepts. */
  maxBytes: number;
  /** The upload token that begins the upload. */
  token: UploadToken | null;
}

/** Reserves space for an upload, and signs URLs for its first parts. */
export async function beginMultipart(
  context: Context,
  account: Account,
  body: MultipartBody,
  { key: idempotencyKey, body: sent, maxBytes, token }: Beginning,
): Promise<MultipartResult> {
  requireUploadSize(account, body.fileSize, { serverMost: maxBytes, inParts: true });
  const partSize = partSizeFor(body.fileSize, body.partSize ?? null);
  const [id, objectId] = [uuidv7(), uuidv7()];
  const key = sealedKey(account.id, objectId);
  // These calls run outside the transaction, because a storage that hangs must not block database connections.
  const [space, multipartId] = await Promise.all([
    storeSpace(context, { withinMs: NEEDED_SPACE_MS }),
    context.store.createMultipart(key, { contentType: declaredTypeOf(body), partSize }),
  ]);
  const scope = { accountId: account.id, route: routeFor(token, 'multipart'), key: idempotencyKey, body: sent };
  try {
    const { answer, repeated } = await inAccountTransaction(context.db, account.id, (tx) =>
      withIdempotencyKey(tx, context.vault, scope, async () => {
        const begun = { id, objectId, key, multipartId, partSize };
        const insert = () => insertBegun(context, tx, { account, body, space }, begun);
        const { answer } = await beginWithToken(tx, token, insert, () => id);
        return { status: 200, answer, made: { upload_id: id } };
      }),
    );
    if (repeated) await abortUnused(context, [{ objectId, key, multipartId }]);
    return answer;
  } catch (error) {
    await abortUncommitted(context, error, [{ objectId, key, multipartId }]);
    throw error;
  }
}

/** An upload in parts that has begun in storage. */
export interface BegunUpload {
  id: string;
  objectId: string;
  key: string;
  multipartId: string;
  partSize: number;
  /** The job that awaits the upload. */
  jobId?: string;
}

/** Inserts the rows of an upload in parts, and signs URLs for its first parts. `createdAt` is the time of the transaction. */
export async function insertBegun(
  context: Context,
  tx: Parameters<typeof insertUpload>[1],
  request: UploadRequest<MultipartBody>,
  { id, objectId, key, multipartId, partSize, jobId }: BegunUpload,
): Promise<{ answer: MultipartResult; createdAt: Date }> {
  const { account, body } = request;
  const object = tx.insertInto('objects').values({
    id: objectId,
    account_id: account.id,
    key,
    kind: 'upload',
    content_type: declaredTypeOf(body),
    size: body.fileSize,
    state: 'pending',
    multipart_id: multipartId,
    delete_after: inSeconds(MULTIPART_SECONDS),
  });
  await Promise.all([markChange(tx, objectId), object.execute()]);
  const { filename, createdAt } = await insertUpload(context, tx, request, {
    id,
    // No URL names this key.
    stagingKey: uploadKey(account.id, id),
    seconds: MULTIPART_SECONDS,
    parts: { objectId, partSize },
    ...(jobId !== undefined && { jobId }),
  });
  const parts = partCount(body.fileSize, partSize);
  const signed = await signParts(
    context,
    { fileSize: body.fileSize, partSize, key, multipartId, readAt: createdAt, secondsLeft: MULTIPART_SECONDS },
    Array.from({ length: Math.min(PART_URLS, parts) }, (_, index) => index + 1),
  );
  return { answer: { uploadId: id, filename, partSize, partCount: parts, ...signed }, createdAt };
}

/**
 * Returns an upload in parts. Throws the same 404 if the id is no UUID, does not exist, or belongs to another account or to a single PUT.
 */
export async function getMultipart(context: Pick<Context, 'db'>, accountId: string, id: string): Promise<PartsUpload> {
  const upload = await findMultipart(context, accountId, id);
  const object = upload?.object_id ? await getObject(context.db, upload.object_id) : undefined;
  if (!upload?.part_size || upload.state === 'deleted' || !object?.multipart_id) throw new ApiError('not_found');
  const { read_at: readAt, seconds_left: secondsLeft, part_size: partSize } = upload;
  return { upload, partSize, key: object.key, multipartId: object.multipart_id, readAt, secondsLeft };
}

type FoundParts = Upload & { read_at: Date; seconds_left: number };

/** Finds an upload in parts. Also finds a deleted upload. */
export async function findMultipart(
  { db }: Pick<Context, 'db'>,
  accountId: string,
  id: string,
): Promise<FoundParts | undefined> {
  if (!isUuid(id)) return undefined;
  return db
    .selectFrom('uploads')
    .selectAll()
    .select([databaseNow.as('read_at'), secondsUntil('url_expires_at').as('seconds_left')])
    .where('id', '=', id)
    .where('account_id', '=', accountId)
    .where('part_size', 'is not', null)
    .executeTakeFirst();
}

/**
 * Signs URLs for parts of an upload that is not confirmed. Throws `upload_confirmed`, and `invalid_parts` for a part number that the upload
 * does not have.
 */
export async function urlsOfParts(
  context: Pick<Context, 'store'>,
  { upload, partSize, key, multipartId, readAt, secondsLeft }: PartsUpload,
  numbers: readonly number[],
): Promise<{ parts: PartUrl[]; expiresAt: string }> {
  if (upload.state !== 'pending') throw new ApiError('upload_confirmed');
  const { declared_size: fileSize } = upload;
  const count = partCount(fileSize, partSize);
  const unknown = numbers.findIndex((number) => number > count);
  if (unknown >= 0) {
    const reason = `is ${numbers[unknown]}, but the upload has ${count} parts`;
    throw new ApiError('invalid_parts', { field: `partNumbers[${unknown}]`, reason, remedy: `Use 1 to ${count}` });
  }
  return signParts(context, { fileSize, partSize, key, multipartId, readAt, secondsLeft }, numbers);
}

async function signParts(
  { store }: Pick<Context, 'store'>,
  upload: Omit<PartsUpload, 'upload'> & { fileSize: number },
  numbers: readonly number[],
): Promise<{ parts: PartUrl[]; expiresAt: string }> {
  const expiresIn = Math.min(PART_URL_SECONDS, Math.floor(upload.secondsLeft));
  if (expiresIn < 1) throw new ApiError('not_found');
  const parts = numbers.map(async (partNumber) => {
    const size = sizeOfPart(partNumber, upload.fileSize, upload.partSize);
    const part = { uploadId: upload.multipartId, partNumber, size, expiresIn };
    const signed = await store.presignPart(upload.key, part);
    return { partNumber, url: signed.url, ...furtherHeaders(signed), size };
  });
  return {
    parts: await Promise.all(parts),
    expiresAt: new Date(upload.readAt.getTime() + expiresIn * 1000).toISOString(),
  };
}

/** Returns the progress of an upload in parts. */
export async function readMultipart(context: Context, found: PartsUpload): Promise<MultipartState> {
  const { upload, partSize, key, multipartId } = found;
  const names = openNames(context.vault, upload);
  if (!names || upload.state === 'deleted') throw new ApiError('not_found');
  const stored = upload.state === 'pending' ? await context.store.listParts(key, multipartId) : null;
  return {
    uploadId: upload.id,
    filename: names.stored,
    fileSize: upload.declared_size,
    partSize,
    partCount: partCount(upload.declared_size, partSize),
    status: upload.state,
    parts: (stored ?? []).map(({ partNumber, etag, size }) => ({ partNumber, etag, size })),
    expiresAt: upload.url_expires_at.toISOString(),
  };
}
