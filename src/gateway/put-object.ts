import type { Context } from './context.ts';
import { copyObject } from './copy-object.ts';
import { S3Error } from './errors.ts';
import { isContentType } from './media-types.ts';
import { announcedBody, receiveFile } from './receive.ts';

/** PUT of a complete object, or a copy with `x-amz-copy-source`. */
export async function putObject(context: Context): Promise<void> {
  const { request, response, target, maxObjectBytes } = context;
  if (request.headers['x-amz-copy-source'] !== undefined) return copyObject(context);

  const announced = announcedBody(context, maxObjectBytes, ['content-length', 'content-type']);
  const contentType = checkedType(context);
  const stored = await receiveFile(context, announced, (temp) => temp.commit(target.key, contentType));
  response.writeHead(200, { etag: stored.etag, 'content-length': 0 }).end();
}

/** Returns the content type to store. Throws if it is not a valid media type. */
export function checkedType({ request }: Context): string {
  const contentType = request.headers['content-type'] ?? 'application/octet-stream';
  if (!isContentType(contentType)) throw new S3Error('InvalidArgument', 'The Content-Type is not a media type.');
  return contentType;
}
