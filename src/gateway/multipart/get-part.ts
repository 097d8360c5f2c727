import { open } from 'node:fs/promises';
import { MAX_PARTS } from '../../storage/s3/checks.ts';
import type { Context } from '../context.ts';
import { sendBytes } from '../get-object.ts';
import { numberIn, requireInternalRole, uploadOf } from './begin.ts';

/**
 * GET `?uploadId&partNumber`, an extension for workers. Returns the bytes of one stored part of an incomplete upload, with the entity tag
 * for the complete request. Returns 204 if the part is not stored.
 */
export async function getPart(context: Context): Promise<void> {
  const { response, target, uploads } = context;
  requireInternalRole(context);
  const number = numberIn(target, 'partNumber', 1, MAX_PARTS);
  const part = (await uploads.parts(uploadOf(context))).find((one) => one.number === number);
  // If a client sends a part again, the part is stored in a new file, so the old file may no longer exist.
  const handle = part && (await open(part.path, 'r').catch(() => null));
  if (!part || !handle) {
    response.writeHead(204).end();
    return;
  }
  try {
    response.writeHead(200, { etag: part.etag, 'content-length': part.size });
    if (part.size === 0) response.end();
    else await sendBytes(context, handle, { start: part.start, end: part.start + part.size - 1 });
  } finally {
    await handle.close();
  }
}
