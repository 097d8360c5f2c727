import { MAX_PARTS } from '../../storage/s3/checks.ts';
import type { Context } from '../context.ts';
import { S3Error } from '../errors.ts';
import { announcedBody, receiveFile } from '../receive.ts';
import { numberIn, uploadOf } from './begin.ts';

/**
 * PUT `?partNumber&uploadId`: stores a part, and replaces an earlier part with the same number. If all parts have the same size, the first
 * upload of each part number is written at its position in the object.
 */
export async function putPart(context: Context): Promise<void> {
  const { request, response, target, uploads, disk, maxObjectBytes } = context;
  if (request.headers['x-amz-copy-source'] !== undefined) {
    throw new S3Error('NotImplemented', 'A part cannot be copied from an object.');
  }
  const number = numberIn(target, 'partNumber', 1, MAX_PARTS);
  const upload = uploadOf(context);
  const announced = announcedBody(context, maxObjectBytes, ['content-length']);
  const { size } = announced;
  const { part, count } = await receiveFile(context, announced, async () => {
    const slot = await uploads.openSlot(upload, number, { size, maxBytes: maxObjectBytes });
    if (slot) return slot;
    const temp = await disk.createTemp();
    const keep = () => temp.finish((path) => uploads.addPart(upload, number, { path, size }, maxObjectBytes));
    return { ...temp, keep };
  });
  context.stored.report({ key: upload.key, parts: count });
  response.writeHead(200, { etag: part.etag, 'content-length': 0 }).end();
}
