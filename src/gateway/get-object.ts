import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import type { Context } from './context.ts';
import type { OpenObject } from './disk.ts';
import { S3Error } from './errors.ts';
import { safeType } from './media-types.ts';
import { type ByteRange, parseRange } from './range.ts';
import { watchRate } from './rate-watch.ts';
import { parameter } from './target.ts';

/** Bytes per read; each download has two such buffers in memory. */
const READ_BYTES = 262_144;

/** GET and HEAD of one object. */
export async function getObject(context: Context): Promise<void> {
  const object = await context.disk.open(context.target.key);
  if (!object) throw new S3Error('NoSuchKey', 'The specified key does not exist.');
  try {
    await respond(context, object);
  } finally {
    await object.handle.close();
  }
}

async function respond(context: Context, object: OpenObject): Promise<void> {
  const { request, response } = context;
  const ifMatch = request.headers['if-match'];
  if (ifMatch !== undefined && !matches(ifMatch, object.etag)) {
    throw new S3Error('PreconditionFailed', 'The object has changed.');
  }
  setHeaders(context, object);
  const ifNoneMatch = request.headers['if-none-match'];
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, object.etag)) {
    response.writeHead(304).end();
    return;
  }
  const range = requestedRange(context, object);
  const length = range ? range.end - range.start + 1 : object.size;
  if (range) response.setHeader('content-range', `bytes ${range.start}-${range.end}/${object.size}`);
  response.writeHead(range ? 206 : 200, { 'content-length': length });
  if (request.method === 'HEAD' || length === 0) {
    response.end();
    return;
  }
  await sendBytes(context, object.handle, range ?? { start: 0, end: object.size - 1 });
}

function setHeaders({ response, target }: Context, object: OpenObject): void {
  response.setHeader('content-type', safeType(parameter(target, 'response-content-type') ?? object.contentType));
  response.setHeader('content-disposition', safeDisposition(parameter(target, 'response-content-disposition')));
  response.setHeader('accept-ranges', 'bytes');
  response.setHeader('etag', object.etag);
  response.setHeader('last-modified', object.lastModified.toUTCString());
}

/** Always an attachment; keeps the requested file name only if it is safe in a header. */
function safeDisposition(requested: string | null): string {
  return requested !== null && requested.length <= 2048 && /^attachment(; ?[\x20-\x7e]+)?$/.test(requested)
    ? requested
    : 'attachment';
}

function requestedRange({ request, response }: Context, object: OpenObject): ByteRange | null {
  const { range } = request.headers;
  const ifRange = request.headers['if-range'];
  if (range === undefined || (ifRange !== undefined && ifRange !== object.etag)) return null;
  const parsed = parseRange(range, object.size);
  if (parsed === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${object.size}`);
    throw new S3Error('InvalidRange', 'The requested range is not satisfiable', {
      ActualObjectSize: String(object.size),
    });
  }
  return parsed;
}

function matches(header: string, etag: string): boolean {
  return header.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag);
}

/** Sends a range of a file, and ends the response. */
export async function sendBytes(
  { response, minimumRate }: Context,
  handle: FileHandle,
  range: ByteRange,
): Promise<void> {
  const stopWatch = watchRate(
    () => sentBytes(response),
    minimumRate,
    () => response.destroy(),
  );
  try {
    for (let position = range.start; position <= range.end; ) {
      const length = Math.min(READ_BYTES, range.end - position + 1);
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === 0) throw new Error('an object in the storage folder was truncated');
      position += bytesRead;
      if (!response.write(buffer.subarray(0, bytesRead))) await drained(response);
    }
    response.end();
    await finished(response);
  } finally {
    stopWatch();
  }
}

/** Rejects with ECONNRESET when the client disconnects. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = (): void => {
      response.off('drain', onDrain);
      reject(Object.assign(new Error('the client disconnected'), { code: 'ECONNRESET' }));
    };
    const onDrain = (): void => {
      response.off('close', onClose);
      resolve();
    };
    if (response.destroyed) onClose();
    else response.once('drain', onDrain).once('close', onClose);
  });
}

/**
 * Bytes handed to the kernel. The number stops growing if the client does not read, regardless of how much this process
 * buffers.
 */
function sentBytes(response: ServerResponse): number {
  const socket = response.socket;
  return socket ? socket.bytesWritten - socket.writableLength : 0;
}
