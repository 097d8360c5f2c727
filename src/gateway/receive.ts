import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { batchWriter, MAX_BUFFERED_BYTES } from './batch-writer.ts';
import type { Context } from './context.ts';
import { missingLength } from './declared.ts';
import { S3Error } from './errors.ts';
import { isContentType } from './media-types.ts';
import { watchRate } from './rate-watch.ts';
import type { Reservation } from './reservations.ts';

/** Size and digests that a request declares for its body. */
export interface Announced {
  size: number;
  checks: Digest[];
}

interface Digest {
  hash: Hash;
  expected: string;
  encoding: 'hex' | 'base64';
  failure: S3Error;
}

/**
 * Reads size and digests of the body from the headers. `signed` contains the headers that a signed URL must cover. Throws if a signed URL
 * does not cover them, if the length is missing or exceeds `maxBytes`, or if the body has a content encoding.
 */
export function announcedBody(context: Context, maxBytes: number, signed: readonly string[]): Announced {
  const { request, identity } = context;
  const text = request.headers['content-length'];
  if (request.headers['transfer-encoding'] !== undefined || text === undefined) throw missingLength();
  for (const name of signed) {
    if (identity.kind === 'query' && !identity.signedHeaders.has(name)) {
      throw new S3Error('AccessDenied', `A signed URL for PUT must sign the header ${name}.`, {
        HeadersNotSigned: name,
      });
    }
  }
  const size = Number(text);
  if (!/^\d{1,16}$/.test(text) || size > maxBytes) {
    throw new S3Error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.', {
      ProposedSize: text.slice(0, 20),
      MaxSizeAllowed: String(maxBytes),
    });
  }
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new S3Error('NotImplemented', 'Content-Encoding is not supported: send the bytes as they are to be stored.');
  }
  return { size, checks: digests(context) };
}

/** Returns the content type to store. Throws if it is not a valid media type. */
export function checkedType({ request }: Context): string {
  const contentType = request.headers['content-type'] ?? 'application/octet-stream';
  if (!isContentType(contentType)) throw new S3Error('InvalidArgument', 'The Content-Type is not a media type.');
  return contentType;
}

/** A file into which a body is received, beginning at position `start`. Call exactly one of `keep` and `discard`. */
export interface Receiver<T> {
  handle: FileHandle;
  /** Defaults to the start of the file. */
  start?: number;
  keep(): Promise<T>;
  discard(): Promise<void>;
}

/** Receives the body into the file that `open` opens, and keeps the file. Leaves no file behind if this fails. */
export async function receiveFile<T>(
  context: Context,
  announced: Announced,
  open: () => Promise<Receiver<T>>,
): Promise<T> {
  const reservation = await context.reservations.reserve(announced.size);
  try {
    context.acceptBody();
    const file = await open();
    try {
      await receive(context, announced, reservation.revoked, fileSink(file, reservation));
    } catch (error) {
      await file.discard();
      throw error;
    }
    return await file.keep();
  } finally {
    reservation.release();
  }
}

/** Receives the body as text. The caller must limit the size of the body. */
export async function receiveText(context: Context, announced: Announced): Promise<string> {
  const chunks: Buffer[] = [];
  context.acceptBody();
  await receive(context, announced, null, {
    write: (chunk) => void chunks.push(chunk),
    flush: () => undefined,
  });
  return Buffer.concat(chunks).toString();
}

/** Returns the digests that the client declares. No other hashes are computed. */
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

interface Sink {
  write(chunk: Buffer, received: number): Promise<void> | void;
  flush(): Promise<void> | void;
}

function fileSink({ handle, start }: Pick<Receiver<unknown>, 'handle' | 'start'>, reservation: Reservation): Sink {
  const writer = batchWriter(handle, start);
  return {
    async write(chunk, received) {
      await writer.write(chunk);
      reservation.written(received - MAX_BUFFERED_BYTES);
    },
    flush: () => writer.flush(),
  };
}

/** Receives the body into `sink`. Throws without waiting for the rest of the body if the client is too slow, or if `revoked` rejects. */
async function receive(
  { request, minimumRate }: Context,
  announced: Announced,
  revoked: Promise<never> | null,
  sink: Sink,
): Promise<void> {
  let stopWatch = (): void => undefined;
  const slow = new Promise<never>((_, reject) => {
    stopWatch = watchRate(
      () => request.socket.bytesRead,
      minimumRate,
      () => reject(new S3Error('RequestTimeout', 'Your socket connection to the server was too slow.')),
    );
  });
  const body = writeBody(request, announced, sink);
  try {
    await Promise.race([body, slow, ...(revoked ? [revoked] : [])]);
  } finally {
    stopWatch();
    // If the body was not the first to settle, it rejects later, when the connection is closed.
    body.catch(() => undefined);
  }
  // If more bytes than declared arrive, the parser closes the connection. The request is then not the signed request.
  if (request.socket.destroyed || request.socket.writableEnded) {
    throw new S3Error('EntityTooLarge', 'More bytes were received than declared.');
  }
}

/**
 * The HTTP parser passes on at most `Content-Length` bytes, and reports fewer bytes as ECONNRESET. This function checks both cases again,
 * because every object must have exactly the signed size.
 */
async function writeBody(request: IncomingMessage, { size, checks }: Announced, sink: Sink): Promise<void> {
  let received = 0;
  // Do not destroy the request on exit, because an error response (disk full) still uses this connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > size) throw new S3Error('EntityTooLarge', 'More bytes were received than declared.');
    for (const { hash } of checks) hash.update(chunk);
    await sink.write(chunk, received);
  }
  if (received !== size) throw new S3Error('IncompleteBody', 'Fewer bytes were received than declared.');
  await sink.flush();
  for (const { hash, expected, encoding, failure } of checks) {
    if (hash.digest(encoding) !== expected) throw failure;
  }
}
