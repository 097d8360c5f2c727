import { PART_SIZE } from '../../storage/embedded/part-size.ts';
import type { Context } from '../context.ts';
import { S3Error } from '../errors.ts';
import { checkedType } from '../receive.ts';
import { sendXml } from '../respond.ts';
import { parameter, type Target } from '../target.ts';
import { document, element } from '../xml.ts';
import type { Upload } from './part-files.ts';

/** POST `?uploads`: begins a multipart upload. */
export async function beginUpload(context: Context): Promise<void> {
  const { response, target, uploads, bucket } = context;
  requireInternalRole(context);
  if (parameter(target, 'uploads') !== '')
    throw new S3Error('InvalidArgument', 'The parameter uploads must not have a value.');
  const partSize = parameter(target, PART_SIZE) === null ? null : numberIn(target, PART_SIZE, 1, 2 ** 40);
  const upload = await uploads.begin(target.key, checkedType(context), partSize);
  const body = element('Bucket', bucket) + element('Key', target.key) + element('UploadId', upload.id);
  sendXml(response, 200, document('InitiateMultipartUploadResult', body));
}

/** DELETE `?uploadId`: deletes the parts before it responds. */
export async function abortUpload(context: Context): Promise<void> {
  requireInternalRole(context);
  await context.uploads.abort(uploadOf(context));
  context.response.writeHead(204).end();
}

/**
 * Throws `AccessDenied` for a signed URL. Clients may only send parts. All other calls require an internal role, which signs in headers.
 */
export function requireInternalRole({ identity }: Context): void {
  if (identity.kind !== 'header') throw new S3Error('AccessDenied', 'A signed URL can only be used to send a part.');
}

/** Finds the upload of the request. Throws `NoSuchUpload`, also if the upload belongs to another key. */
export function uploadOf({ target, uploads }: Pick<Context, 'target' | 'uploads'>): Upload {
  return uploads.find(target.key, parameter(target, 'uploadId') ?? '');
}

/** Reads an integer from `min` to `max` from the query. */
export function numberIn(target: Target, name: string, min: number, max: number): number {
  const text = parameter(target, name) ?? '';
  const number = /^\d{1,13}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= min && number <= max)) {
    throw new S3Error('InvalidArgument', `${name} must be an integer from ${min} to ${max}.`);
  }
  return number;
}
