import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { batchWriter, MOST_IN_MEMORY } from './batch-writer.ts';
import type { Context } from './context.ts';
import { copyObject } from './copy-object.ts';
import { missingLength } from './declared.ts';
import { S3Error } from './errors.ts';
import { isContentType } from './media-types.ts';
import { watchRate } from './rate-watch.ts';
import type { Place } from './room.ts';

/** PUT of one whole object; with `x-amz-copy-source`, a copy. */
export async function putObject(context: Context): Promise<void> {
  const { request, response } = context;
  if (request.headers['x-amz-copy-source'] !== undefined) return copyObject(context);

  const size = checkLength(context);
  const contentType = checkType(context);
  const checks = digests(context);
  const place = await context.room.take(size);
  try {
    context.acceptBody();
    const stored = await store(context, { size, contentType, checks, place });
    response.writeHead(200, { etag: stored.etag, 'content-length': 0 }).end();
  } finally {
    place.release();
  }
}

interface Incoming {
  size: number;
  contentType: string;
  checks: Digest[];
  place: Place;
}

async function store(context: Context, incoming: Incoming) {
  const { request, disk, target } = context;
  const temp = await disk.createTemp();
  try {
    await receive(context, temp.handle, incoming);
    // Bytes after the declared ones made the parser give the connection up: that was not the PUT that was signed.
    if (request.socket.destroyed || request.socket.writableEnded) {
      throw new S3Error('EntityTooLarge', 'More bytes came than were declared.');
    }
  } catch (error) {
    await temp.discard();
    throw error;
  }
  return temp.commit(target.key, incoming.contentType);
}

function checkLength({ request, identity, maxObjectBytes }: Context): number {
  const text = request.headers['content-length'];
  if (request.headers['transfer-encoding'] !== undefined || text === undefined) {
    throw missingLength();
  }
  for (const name of ['content-length', 'content-type']) {
    if (identity.kind === 'query' && !identity.signedHeaders.has(name)) {
      throw new S3Error('AccessDenied', `A signed URL for PUT must sign the header ${name}.`, {
        HeadersNotSigned: name,
      });
    }
  }
  const size = Number(text);
  if (!/^\d{1,16}$/.test(text) || size > maxObjectBytes) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.', {
      ProposedSize: text.slice(0, 20),
      MaxSizeAllowed: String(maxObjectBytes),
    });
  }
  return size;
}

function checkType({ request }: Context): string {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new S3Error('NotImplemented', 'Content-Encoding is not supported: send the bytes as they are to be stored.');
  }
  const contentType = request.headers['content-type'] ?? 'application/octet-stream';
  if (!isContentType(contentType)) throw new S3Error('InvalidArgument', 'The Content-Type is not a media type.');
  return contentType;
}

interface Digest {
  hash: Hash;
  expected: string;
  encoding: 'hex' | 'base64';
  failure: S3Error;
}

/** Only what the client asks to have checked is hashed. */
function digests({ request, identity }: Context): Digest[] {
  const wanted: Digest[] = [];
  if (identity.payloadSha256) {
    const failure = new S3Error('XAmzContentSHA256Mismatch', 'The body does not have the SHA-256 that was signed.');
    wanted.push({ hash: createHash('sha256'), expected: identity.payloadSha256, encoding: 'hex', failure });
  }
  const md5 = request.headers['content-md5'];
  if (typeof md5 === 'string') {
    const failure = new S3Error('BadDigest', 'The Content-MD5 you specified did not match what we received.');
    wanted.push({ hash: createHash('md5'), expected: md5, encoding: 'base64', failure });
  }
  return wanted;
}

/** A client that is too slow is told so, while the body still waits to be read. */
async function receive(context: Context, file: FileHandle, incoming: Incoming): Promise<void> {
  const { request, minimumRate } = context;
  let stopWatch = (): void => undefined;
  const slow = new Promise<never>((_, reject) => {
    stopWatch = watchRate(
      () => request.socket.bytesRead,
      minimumRate,
      () => reject(new S3Error('RequestTimeout', 'Your socket connection to the server was too slow.')),
    );
  });
  const body = writeBody(request, file, incoming);
  try {
    await Promise.race([body, slow, incoming.place.revoked]);
  } finally {
    stopWatch();
    // When something else won, the rest fails later, on the closed connection.
    body.catch(() => undefined);
  }
}

/**
 * The parser hands on `Content-Length` bytes at most, whatever else comes; fewer end as ECONNRESET. Both are checked here
 * again, because the promise that no object has another size than the signed one hangs on it.
 */
async function writeBody(request: IncomingMessage, file: FileHandle, incoming: Incoming): Promise<void> {
  const { size, checks, place } = incoming;
  const writer = batchWriter(file);
  let received = 0;
  // Not destroyed on the way out: an error answer (disk full) still has to go over this connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > size) throw new S3Error('EntityTooLarge', 'More bytes came than were declared.');
    for (const { hash } of checks) hash.update(chunk);
    await writer.write(chunk);
    place.written(received - MOST_IN_MEMORY);
  }
  if (received !== size) throw new S3Error('IncompleteBody', 'Fewer bytes came than were declared.');
  await writer.flush();
  for (const { hash, expected, encoding, failure } of checks) {
    if (hash.digest(encoding) !== expected) throw failure;
  }
}
