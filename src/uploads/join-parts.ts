import { ApiError } from '../contract/errors.ts';
import { type ConfirmBody, type ListedPart, readSentPart } from '../contract/uploads.ts';
import type { Context } from '../database/context.ts';
import { StorageError, type StoredPart } from '../storage/types.ts';
import { getMultipart, type PartsUpload } from './multipart.ts';
import { partCount, sizeOfPart } from './part-plan.ts';
import type { Upload } from './upload.ts';

/** Maximum number of missing parts that an error lists. */
const NAMED_PARTS = 20;

/**
 * Joins the parts of an upload to its object. A rejected call deletes nothing, so the client can resend incorrect parts. Repeating the call
 * after a lost response changes nothing.
 */
export async function joinParts(context: Context, { id, account_id }: Upload, body: ConfirmBody): Promise<void> {
  const found = await getMultipart(context, account_id, id);
  const { upload, key, multipartId } = found;
  if (body.uploadId != null && body.uploadId !== upload.id) {
    const reason = 'belongs to another upload';
    throw new ApiError('upload_not_found', { field: 'uploadId', reason, remedy: 'Send the uploadId of that filename' });
  }
  if (body.fileSize !== upload.declared_size) {
    const sizes = { confirmed: body.fileSize, declared: upload.declared_size };
    throw new ApiError('upload_size_mismatch', { field: 'fileSize', ...sizes });
  }
  const stored = await context.store.listParts(key, multipartId);
  const listed = body.parts?.map(readSentPart) ?? null;
  const isJoined = stored !== null && (await complete(context, found, checkParts(found, stored, listed)));
  if (isJoined) return;
  // Another confirm has joined the parts: a concurrent confirm, or an earlier confirm whose response was lost.
  const head = await context.store.head(key);
  if (head?.size !== upload.declared_size) throw new ApiError('upload_not_found');
}

async function complete({ store }: Context, { key, multipartId }: PartsUpload, parts: readonly StoredPart[]) {
  try {
    return await store.completeMultipart(key, multipartId, parts);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    if (error.status === 507) throw new ApiError('storage_full');
    // A client sent a part again after this call listed the parts.
    if (error.code?.startsWith('InvalidPart')) throw invalidPart('parts', 'a part was sent again meanwhile');
    throw error;
  }
}

/** Returns the stored parts to join, after checking them against the client's list. Without a list, joins every part that has arrived. */
function checkParts(
  { upload, partSize }: PartsUpload,
  stored: readonly StoredPart[],
  listed: readonly ListedPart[] | null,
): StoredPart[] {
  const count = partCount(upload.declared_size, partSize);
  const arrived = new Map(stored.map((part) => [part.partNumber, part]));
  if (listed) checkListed(listed, count);
  const named = listed && new Map(listed.map((part) => [part.partNumber, part.etag]));
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !arrived.has(number) || (named && !named.has(number)));
  if (missing.length > 0) {
    throw new ApiError('upload_incomplete', {
      field: 'parts',
      reason: `${missing.length} of ${count} parts are missing`,
      remedy: 'Send them, then confirm with all parts',
      missing: missing.slice(0, NAMED_PARTS),
    });
  }
  return numbers.map((number) => {
    const part = arrived.get(number)!;
    const size = sizeOfPart(number, upload.declared_size, partSize);
    if (part.size !== size) throw invalidPart(fieldOf(number), `has ${part.size} bytes, but must have ${size}`);
    if (named && bare(named.get(number)!) !== bare(part.etag)) {
      throw invalidPart(fieldOf(number), 'the etag does not match the bytes that arrived');
    }
    return part;
  });
}

/** Requires that each part is listed once, in ascending order, as S3 does. */
function checkListed(listed: readonly ListedPart[], count: number): void {
  for (const [index, { partNumber }] of listed.entries()) {
    const before = listed[index - 1]?.partNumber ?? 0;
    const field = `parts[${index}].partNumber`;
    if (partNumber > count) throw invalidPart(field, `is ${partNumber}, but the upload has ${count} parts`);
    if (partNumber === before) throw invalidPart(field, `part ${partNumber} is listed twice`);
    if (partNumber < before) throw invalidPart(field, `part ${partNumber} is listed after part ${before}`);
  }
}

function invalidPart(field: string, reason: string): ApiError {
  const remedy =
    'List every part once, in ascending order, with the etag that GET /v1/upload/multipart/{uploadId} shows';
  return new ApiError('invalid_parts', { field, reason, remedy });
}

const fieldOf = (number: number) => `parts[${number - 1}]`;
/** Removes the quotation marks of an entity tag, because browsers and libraries pass entity tags with or without them. */
const bare = (etag: string) => etag.replace(/^"|"$/g, '');
