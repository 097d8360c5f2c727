import type { Account } from '../accounts/accounts.ts';
import type { MeasuredSpace } from '../accounts/store-space.ts';
import { requireUploadCapacity } from '../accounts/stored-bytes.ts';
import { ApiError } from '../contract/errors.ts';
import { contentTypeOfName } from '../contract/formats.ts';
import { UPLOAD_SECONDS } from '../contract/limits.ts';
import type { PresignBody, PresignResult } from '../contract/uploads.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import { databaseNow, inSeconds } from '../database/clock.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import { uploadKey } from '../storage/keys.ts';
import { numberedName, storedName } from '../storage/stored-name.ts';
import type { StoreSpace } from '../storage/types.ts';
import { furtherHeaders } from './further-headers.ts';
import { sealNames } from './upload.ts';

/** Maximum number of uploads with the same name in the same second. Each upload gets a number. */
const MAX_EQUAL_NAMES = 1000;

export interface PresignedUpload {
  id: string;
  answer: PresignResult;
}

/**
 * Reserves space for one upload and signs its URL, which accepts one object of that type with exactly that many bytes. `space` is the free
 * space of the storage's disk. The caller has checked the size: see `requireUploadSize`.
 */
export async function presignUpload(
  context: Context,
  tx: Tx,
  account: Account,
  body: PresignBody,
  space: StoreSpace | null,
): Promise<PresignedUpload> {
  const id = uuidv7();
  const key = uploadKey(account.id, id);
  const upload = { id, stagingKey: key, seconds: UPLOAD_SECONDS };
  const { filename, endsAt } = await insertUpload(context, tx, { account, body, space }, upload);
  const signed = await context.store.presignPut(key, {
    contentType: declaredTypeOf(body),
    size: body.fileSize,
    expiresIn: UPLOAD_SECONDS,
  });
  const answer = {
    uploadUrl: signed.url,
    ...furtherHeaders(signed),
    ...(body.contentType === '' && { contentType: declaredTypeOf(body) }),
    filename,
    expiresAt: endsAt.toISOString(),
  };
  return { id, answer };
}

/**
 * Returns the declared content type. If it is empty, returns the type that the name implies. The schema of the request has checked that
 * there is one.
 */
export function declaredTypeOf({ contentType, filename }: PresignBody): string {
  return contentType || contentTypeOfName(filename)!;
}

/** The file that a client wants to upload. */
export interface UploadRequest<Body = PresignBody> {
  account: Account;
  body: Body;
  /** Free space of the storage. Null if the storage has no measurable limit. */
  space: MeasuredSpace | null;
}

export interface NewUpload {
  id: string;
  stagingKey: string;
  /** Seconds after which the upload's URLs expire. */
  seconds: number;
  /** Present only for an upload in parts. The staging key of such an upload has no URL, so the key counts as closed. */
  parts?: { objectId: string; partSize: number };
  /** The job that awaits the upload. */
  jobId?: string;
}

/** An upload whose row is inserted. The times are from the database. */
interface StoredRow {
  /** The upload's stored name. */
  filename: string;
  createdAt: Date;
  /** When the upload's URLs expire. */
  endsAt: Date;
}

/** Inserts the row of an upload that fits into the limits of account and storage. */
export async function insertUpload(
  { vault }: Pick<Context, 'vault'>,
  tx: Tx,
  { account, body, space }: UploadRequest,
  { id, stagingKey, seconds, parts, jobId }: NewUpload,
): Promise<StoredRow> {
  const upload = { account_id: account.id, id };
  const wanted = storedName(body.filename, new Date());
  const insert = (stored: string) =>
    tx
      .insertInto('uploads')
      .values({
        ...upload,
        staging_key: stagingKey,
        name_sealed: sealNames(vault, upload, { original: body.filename, stored }),
        name_fingerprint: vault.fingerprint(stored),
        declared_type: declaredTypeOf(body),
        declared_size: body.fileSize,
        state: 'pending',
        url_expires_at: inSeconds(seconds),
        ...(parts && { object_id: parts.objectId, part_size: parts.partSize, staging_closed_at: databaseNow }),
        ...(jobId !== undefined && { job_id: jobId, check_at: databaseNow }),
      })
      .onConflict((conflict) => conflict.columns(['account_id', 'name_fingerprint']).doNothing())
      .returning(['created_at as createdAt', 'url_expires_at as endsAt'])
      .executeTakeFirst();
  // Both queries share one round trip. A rejection undoes the insert.
  const tried = nextName(account, wanted);
  const [, first] = await Promise.all([requireUploadCapacity(tx, account, body.fileSize, space), insert(tried)]);
  if (first) return { filename: tried, ...first };
  // Another process has already used this name.
  for (let number = 2; number <= MAX_EQUAL_NAMES; number++) {
    const stored = numberedName(wanted, number);
    const row = await insert(stored);
    if (row) return { filename: stored, ...row };
  }
  throw new ApiError('rate_limit_exceeded');
}

/** The last number that this process has used, by account and name. The name contains the second of the upload. */
const lastNumbers = new Map<string, number>();
const MAX_LAST_NUMBERS = 1_000;

/** Returns the next numbered name. Without this shortcut, each of many files with the same name in one second would try every number. */
function nextName({ id }: Account, wanted: string): string {
  const name = `${id} ${wanted}`;
  const number = (lastNumbers.get(name) ?? 0) + 1;
  if (lastNumbers.size >= MAX_LAST_NUMBERS) lastNumbers.clear();
  lastNumbers.set(name, number);
  return number === 1 ? wanted : numberedName(wanted, number);
}
