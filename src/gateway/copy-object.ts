import { isBodyAnnounced } from '../listener/request-body.ts';
import { COPIED_SIZE } from '../storage/embedded/copied-size.ts';
import { keyProblem } from '../storage/keys.ts';
import type { Context } from './context.ts';
import { S3Error } from './errors.ts';
import { sendXml } from './respond.ts';
import { parseTarget } from './target.ts';
import { document, element } from './xml.ts';

/** PUT with `x-amz-copy-source`: copies an object within the bucket by hard link. */
export async function copyObject({ request, response, target, identity, disk, bucket }: Context): Promise<void> {
  // A presigned URL grants access to one object. It must not allow reading another object.
  if (identity.kind !== 'header') throw new S3Error('AccessDenied', 'A signed URL cannot be used to copy.');
  if (isBodyAnnounced(request.headers)) throw new S3Error('InvalidRequest', 'A copy does not accept a body.');
  const directive = request.headers['x-amz-metadata-directive'];
  if (directive !== undefined && directive !== 'COPY') {
    throw new S3Error('NotImplemented', 'A copy keeps the metadata of its source.');
  }
  const header = String(request.headers['x-amz-copy-source']);
  const source = parseTarget(header.startsWith('/') ? header : `/${header}`);
  if (source.query.length > 0) throw new S3Error('NotImplemented', 'Versions are not supported.');
  if (source.bucket !== bucket) throw new S3Error('NoSuchBucket', 'The specified bucket does not exist.');
  const problem = keyProblem(source.key);
  if (problem) throw new S3Error('InvalidArgument', `x-amz-copy-source cannot be used: ${problem}.`);
  if (source.key === target.key) throw new S3Error('InvalidRequest', 'An object cannot be copied to itself.');

  const copied = await disk.copy(source.key, target.key);
  if (!copied) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  response.setHeader(COPIED_SIZE, copied.size);
  const body = element('LastModified', copied.lastModified.toISOString()) + element('ETag', copied.etag);
  sendXml(response, 200, document('CopyObjectResult', body));
}
