import type { FileHandle } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { addressGroup } from '../config/addresses.ts';
import { accountOf } from '../storage/keys.ts';
import { watchResponse } from '../telemetry/reader-watch.ts';
import type { Context } from './context.ts';
import type { OpenObject } from './disk.ts';
import { S3Error } from './errors.ts';
import { safeType } from './media-types.ts';
import type { Piece } from './pieces.ts';
import { type ByteRange, parseRange } from './range.ts';
import { parameter } from './target.ts';

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

/** Returns the requested content disposition if it is an attachment and safe in a header. Otherwise returns `attachment`. */
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

/**
 * Sends a range of a file, and ends the response. Reads the next piece when the kernel has accepted the previous one, so a download whose
 * client does not read uses the memory of only one piece.
 */
export async function sendBytes(context: Context, handle: FileHandle, range: ByteRange): Promise<void> {
  const { response, minimumRate, pieces } = context;
  const owners = ownersOf(context);
  const { bytesPerSecond, windowMs } = minimumRate;
  watchResponse(response, { bytes: (bytesPerSecond * windowMs) / 1000, windowMs }, () => response.destroy());
  for (let position = range.start; position <= range.end; ) {
    const piece = pieces.take(range.end - position + 1, owners);
    try {
      const { bytesRead } = await handle.read(piece.buffer, 0, piece.buffer.length, position);
      if (bytesRead === 0) throw new Error('an object in the storage folder was truncated');
      position += bytesRead;
      if (!response.write(piece.buffer.subarray(0, bytesRead), piece.release)) await drained(response);
    } catch (error) {
      releaseWhenClosed(response, piece);
      throw error;
    }
  }
  response.end();
  await finished(response);
}

/**
 * Returns the owners for which the large pieces of a download count: the account of the object, and the address of the client. Returns no
 * owners for Airlock's own processes.
 */
function ownersOf({ identity, target, clientAddress }: Context): string[] {
  if (identity.kind === 'header') return [];
  return [`account:${accountOf(target.key)}`, `address:${addressGroup(clientAddress)}`];
}

/** Releases a piece once its connection is closed, because Node does not always call back for a write on a closed connection. */
function releaseWhenClosed({ socket }: ServerResponse, piece: Piece): void {
  if (!socket || socket.closed) piece.release();
  else socket.once('close', piece.release);
}

/** Resolves when the response accepts more bytes. Rejects with ECONNRESET when the client disconnects. */
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
