import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { batchWriter, MOST_IN_MEMORY } from './batch-writer.ts';
import type { Context } from './context.ts';
import { missingLength } from './declared.ts';
import type { TempFile } from './disk.ts';
import { S3Error } from './errors.ts';
import { watchRate } from './rate-watch.ts';
import type { Place } from './room.ts';

/** What a request says of its body, checked. */
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
 * Size and digests of the body. `signed`: headers that a signed URL must have under its signature. Throws when the length is
 * missing or over `maxBytes`, and for bodies that are not sent as they are to be stored.
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

/** Receives the body into a file that no reader sees and hands it to `keep`. Nothing is left of it when either fails. */
export async function receiveFile<T>(
  context: Context,
  announced: Announced,
  keep: (file: TempFile) => Promise<T>,
): Promise<T> {
  const place = await context.room.take(announced.size);
  try {
    context.acceptBody();
    const temp = await context.disk.createTemp();
    try {
      await receive(context, announced, place.revoked, fileSink(temp.handle, place));
    } catch (error) {
      await temp.discard();
      throw error;
    }
    return await keep(temp);
  } finally {
    place.release();
  }
}

/** The body as text; for documents, whose size the caller has bounded. */
export async function receiveText(context: Context, announced: Announced): Promise<string> {
  const chunks: Buffer[] = [];
  context.acceptBody();
  await receive(context, announced, null, {
    write: (chunk) => void chunks.push(chunk),
    flush: () => undefined,
  });
  return Buffer.concat(chunks).toString();
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

interface Sink {
  write(chunk: Buffer, received: number): Promise<void> | void;
  flush(): Promise<void> | void;
}

function fileSink(file: FileHandle, place: Place): Sink {
  const writer = batchWriter(file);
  return {
    async write(chunk, received) {
      await writer.write(chunk);
      place.written(received - MOST_IN_MEMORY);
    },
    flush: () => writer.flush(),
  };
}

/** Answers a client that is too slow while its body still waits to be read. `revoked` ends it when the disk runs low. */
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
    // When something else won, the rest fails later, on the closed connection.
    body.catch(() => undefined);
  }
  // Bytes after the declared ones made the parser give the connection up: that was not the request that was signed.
  if (request.socket.destroyed || request.socket.writableEnded) {
    throw new S3Error('EntityTooLarge', 'More bytes came than were declared.');
  }
}

/**
 * The parser passes on `Content-Length` bytes at most; fewer end as ECONNRESET. Both are checked here
 * again, because the promise that no object has another size than the signed one hangs on it.
 */
async function writeBody(request: IncomingMessage, { size, checks }: Announced, sink: Sink): Promise<void> {
  let received = 0;
  // Not destroyed on the way out: an error answer (disk full) still has to go over this connection.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    received += chunk.length;
    if (received > size) throw new S3Error('EntityTooLarge', 'More bytes came than were declared.');
    for (const { hash } of checks) hash.update(chunk);
    await sink.write(chunk, received);
  }
  if (received !== size) throw new S3Error('IncompleteBody', 'Fewer bytes came than were declared.');
  await sink.flush();
  for (const { hash, expected, encoding, failure } of checks) {
    if (hash.digest(encoding) !== expected) throw failure;
  }
}
