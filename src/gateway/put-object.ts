import { HANDED_OVER } from '../storage/embedded/hand-over.ts';
import type { Context } from './context.ts';
import { copyObject } from './copy-object.ts';
import { handOver } from './hand-over.ts';
import { announcedBody, checkedType, receiveFile } from './receive.ts';
import { parameter } from './target.ts';

/** PUT of a complete object, a copy with `x-amz-copy-source`, or a file that a worker hands over. */
export async function putObject(context: Context): Promise<void> {
  const { request, response, target, maxObjectBytes } = context;
  if (request.headers['x-amz-copy-source'] !== undefined) return copyObject(context);
  if (parameter(target, HANDED_OVER) !== null) return handOver(context);

  const announced = announcedBody(context, maxObjectBytes, ['content-length', 'content-type']);
  const contentType = checkedType(context);
  const stored = await receiveFile(context, announced, async () => {
    const temp = await context.disk.createTemp();
    return { ...temp, keep: () => temp.commit(target.key, contentType) };
  });
  context.stored.report({ key: target.key, parts: 0 });
  response.writeHead(200, { etag: stored.etag, 'content-length': 0 }).end();
}
