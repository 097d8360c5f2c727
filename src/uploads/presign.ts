import type { Account } from '../accounts/accounts.ts';
import { requireUploadRoom } from '../accounts/stored-bytes.ts';
import { ApiError } from '../contract/errors.ts';
import { UPLOAD_SECONDS } from '../contract/limits.ts';
import type { PresignBody, PresignResult } from '../contract/uploads.ts';
import type { Context } from '../database/context.ts';
import type { Tx } from '../database/pool.ts';
import { numberedName, storedName } from '../ids/stored-name.ts';
import { uuidv7 } from '../ids/uuid.ts';
import { uploadKey } from '../storage/keys.ts';
import type { StoreSpace } from '../storage/types.ts';
import { sealNames } from './upload.ts';

/** Upper bound of uploads with the same name in the same second; each gets a number. */
const MAX_EQUAL_NAMES = 1000;

export interface PresignedUpload {
  id: string;
  answer: PresignResult;
}

/**
 * Promises room for one upload and signs its URL, which accepts one object of that type with exactly that many bytes.
 * `space` is the free space of the storage's disk.
 */
export async function presignUpload(
  context: Context,
  tx: Tx,
  account: Account,
  body: PresignBody,
  space: StoreSpace | null,
): Promise<PresignedUpload> {
  if (body.fileSize > account.max_upload_bytes) {
    throw new ApiError('file_too_large', { field: 'fileSize', limit: account.max_upload_bytes });
  }
  await requireUploadRoom(tx, account, body.fileSize, space);
  const now = new Date();
  const expiresAt = new Date(now.getTime() + UPLOAD_SECONDS * 1000);
  const id = uuidv7();
  const upload = { account_id: account.id, id };
  const key = uploadKey(account.id, id);
  const wanted = storedName(body.filename, now);

  for (let number = 1; number <= MAX_EQUAL_NAMES; number++) {
    const stored = number === 1 ? wanted : numberedName(wanted, number);
    const inserted = await tx
      .insertInto('uploads')
      .values({
        ...upload,
        staging_key: key,
        name_sealed: sealNames(context.vault, upload, { original: body.filename, stored }),
        name_fingerprint: context.vault.fingerprint(stored),
        declared_type: body.contentType,
        declared_size: body.fileSize,
        state: 'pending',
        url_expires_at: expiresAt,
      })
      .onConflict((conflict) => conflict.columns(['account_id', 'name_fingerprint']).doNothing())
      .returning('id')
      .executeTakeFirst();
    if (!inserted) continue;
    const { url: uploadUrl } = await context.store.presignPut(key, {
      contentType: body.contentType,
      size: body.fileSize,
      expiresIn: UPLOAD_SECONDS,
    });
    return { id, answer: { uploadUrl, filename: stored, expiresAt: expiresAt.toISOString() } };
  }
  throw new ApiError('rate_limit_exceeded');
}
