import { encodePath } from '../storage/s3/sigv4.ts';
import type { Context } from './context.ts';
import { S3Error } from './errors.ts';
import { type ListEntry, listObjects as walkObjects } from './listing.ts';
import { sendXml } from './respond.ts';
import { parameter, type Target } from './target.ts';
import { document, element } from './xml.ts';

/** GET of the bucket: lists up to 1,000 objects, as ListObjectsV2 without delimiters does. */
export async function listObjects({ response, target, identity, disk, bucket }: Context): Promise<void> {
  if (identity.kind !== 'header') throw new S3Error('AccessDenied', 'A signed URL cannot be used to list.');
  if (parameter(target, 'list-type') !== '2') throw new S3Error('NotImplemented', 'Only ListObjectsV2 is supported.');
  if (parameter(target, 'delimiter')) throw new S3Error('NotImplemented', 'Delimiters are not supported.');
  const prefix = parameter(target, 'prefix') ?? '';
  const limit = maxKeys(target);
  const write = keyWriter(target);

  const entries: ListEntry[] = [];
  let truncated = false;
  // Look up nothing for max-keys=0. Otherwise, look up one more entry than the limit to detect a next page.
  for await (const entry of limit === 0 ? [] : walkObjects(disk.root, prefix, startAfter(target))) {
    if (entries.length === limit) {
      truncated = true;
      break;
    }
    entries.push(entry);
  }
  const next = truncated ? Buffer.from(entries.at(-1)!.key).toString('base64url') : null;
  const body = [
    element('Name', bucket),
    element('Prefix', write(prefix)),
    element('MaxKeys', limit),
    element('KeyCount', entries.length),
    element('IsTruncated', truncated),
    parameter(target, 'encoding-type') ? element('EncodingType', 'url') : '',
    next ? element('NextContinuationToken', next) : '',
    ...entries.map((entry) => contents(entry, write)),
  ];
  sendXml(response, 200, document('ListBucketResult', body.join('')));
}

function contents({ key, size, lastModified, etag }: ListEntry, write: (key: string) => string): string {
  const fields = [
    element('Key', write(key)),
    element('LastModified', lastModified.toISOString()),
    element('ETag', etag),
    element('Size', size),
    element('StorageClass', 'STANDARD'),
  ];
  return `<Contents>${fields.join('')}</Contents>`;
}

function maxKeys(target: Target): number {
  const text = parameter(target, 'max-keys') ?? '1000';
  if (!/^\d{1,9}$/.test(text)) throw new S3Error('InvalidArgument', 'max-keys must be an integer.');
  return Math.min(Number(text), 1000);
}

function startAfter(target: Target): string {
  const token = parameter(target, 'continuation-token');
  if (token === null) return parameter(target, 'start-after') ?? '';
  const key = Buffer.from(token, 'base64url');
  if (key.toString('base64url') !== token) throw new S3Error('InvalidArgument', 'The continuation token is incorrect.');
  return key.toString();
}

function keyWriter(target: Target): (key: string) => string {
  const encoding = parameter(target, 'encoding-type');
  if (encoding !== null && encoding !== 'url') throw new S3Error('InvalidArgument', 'encoding-type must be url.');
  return encoding ? encodePath : (key) => key;
}
