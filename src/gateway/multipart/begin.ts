import type { Context } from '../context.ts';
import { S3Error } from '../errors.ts';
import { checkedType } from '../put-object.ts';
import { sendXml } from '../respond.ts';
import { parameter, type Target } from '../target.ts';
import { document, element } from '../xml.ts';
import type { Upload } from './uploads.ts';

/** POST `?uploads`: begins a multipart upload. */
export async function beginUpload(context: Context): Promise<void> {
  const { response, target, uploads, bucket } = context;
  requireOwnRole(context);
  if (parameter(target, 'uploads') !== '')
    throw new S3Error('InvalidArgument', 'The parameter uploads takes no value.');
  const upload = await uploads.begin(target.key, checkedType(context));
  const body = element('Bucket', bucket) + element('Key', target.key) + element('UploadId', upload.id);
  sendXml(response, 200, document('InitiateMultipartUploadResult', body));
}

/** DELETE `?uploadId`: the parts are gone before the answer. */
export async function abortUpload(context: Context): Promise<void> {
  requireOwnRole(context);
  await context.uploads.abort(uploadOf(context));
  context.response.writeHead(204).end();
}

/** Clients send only parts. Airlock's own roles, which sign in headers, complete or abort the upload. */
export function requireOwnRole({ identity }: Context): void {
  if (identity.kind !== 'header') throw new S3Error('AccessDenied', 'A signed URL can be used to send a part alone.');
}

/** The upload that the request names. Throws `NoSuchUpload`, also when it is one of another key. */
export function uploadOf({ target, uploads }: Pick<Context, 'target' | 'uploads'>): Upload {
  return uploads.find(target.key, parameter(target, 'uploadId') ?? '');
}

/** A whole number from `least` to `most` in a parameter. */
export function numberIn(target: Target, name: string, least: number, most: number): number {
  const text = parameter(target, name) ?? '';
  const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw new S3Error('InvalidArgument', `${name} must be a whole number from ${least} to ${most}.`);
  }
  return number;
}
