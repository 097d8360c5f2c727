import type { IncomingMessage } from 'node:http';
import { FetchError, toFetchError } from './errors.ts';
import { drop, type RequestContext, requestSource, type SourceResponse, type WriteAt } from './response.ts';

/** A source whose server supports ranges and identifies each version of the file. */
interface RangeSource {
  /** Size of the entire source in bytes. */
  size: number;
  /**
   * Fetches the bytes from `start` up to `end`, exclusive, and writes them at their positions in the source. Throws
   * `FetchError`, also if the source has changed since it was opened, or if a limit is reached.
   */
  read(start: number, end: number, write: WriteAt): Promise<void>;
}

export interface OpenedRanges extends RangeSource {
  /** The first bytes, at most `FIRST_BYTES`. */
  first: Buffer;
}

/** The response of a server without ranges. Its body is the complete source, and has not been read. */
export interface CompleteSource {
  complete: SourceResponse;
}

export interface RangeLimits {
  /** Maximum number of requests, and maximum number of bytes of all their bodies together. */
  maxRequests: number;
  maxBytes: number;
  /** Maximum bytes of the entire source. Defaults to the limit of a download. */
  maxSize?: number;
  /** Whether to return the response of a server without ranges, for a download. By default, the response is closed. */
  keepsComplete?: boolean;
}

/** Number of bytes that the first request fetches: enough to detect the type of a file and to find its index. */
export const FIRST_BYTES = 64 * 1024;

/**
 * Requests the start of a source. Returns null if the server does not respond with this range and a strong validator (RFC 9110, 8.8.1), or
 * if the source is too large. Without a validator, two ranges could belong to different files. The rules of a download apply to every
 * request: each request uses a new connection whose address is checked. A server without ranges responds with the complete source. With
 * `keepsComplete`, a download can use this response instead of sending a second request. Download or close this response.
 */
export async function openRanges(
  source: string,
  context: RequestContext & { maxSize: number },
  limits: RangeLimits,
): Promise<OpenedRanges | CompleteSource | null> {
  const left = { requests: limits.maxRequests, bytes: limits.maxBytes };
  const ask = async (start: number, end: number, etag: string | null): Promise<SourceResponse> => {
    left.requests -= 1;
    left.bytes -= end - start;
    if (left.requests < 0 || left.bytes < 0) throw new FetchError('source_error', 'Too much of the source is needed.');
    const range = { range: `bytes=${start}-${end - 1}`, ...(etag !== null && { 'if-range': etag }) };
    return requestSource(source, { ...context, range }).catch((error) => {
      throw context.signal.aborted ? context.signal.reason : toFetchError(error, 'connect');
    });
  };
  const response = await ask(0, FIRST_BYTES, null);
  const { etag } = response;
  if (limits.keepsComplete && response.body.statusCode === 200) return { complete: response };
  const part = partOf(response);
  // If a source is too large, the download reports this.
  if (part?.start !== 0 || etag === null || part.size > context.maxSize) {
    drop(response.body);
    return null;
  }
  const first = Buffer.alloc(Math.min(FIRST_BYTES, part.size));
  await receive(response.body, first.length, async (bytes, at) => bytes.copy(first, at));
  return {
    size: part.size,
    first,
    async read(start, end, write) {
      const response = await ask(start, end, etag);
      const found = partOf(response);
      if (!found || response.etag !== etag || found.size !== part.size || found.start !== start) {
        drop(response.body);
        throw new FetchError('source_error', 'The source has changed while it was read.');
      }
      await receive(response.body, end - start, (bytes, at) => write(bytes, start + at));
    },
  };
}

/** Returns the range that a response contains. Null if the response does not contain exactly one range with a known size. */
function partOf({ body: { statusCode, headers } }: SourceResponse): { start: number; size: number } | null {
  if (statusCode !== 206) return null;
  const [, start, end, size] = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '') ?? [];
  if (start === undefined || Number(end) >= Number(size) || Number(end) < Number(start)) return null;
  return { start: Number(start), size: Number(size) };
}

async function receive(body: IncomingMessage, expected: number, write: WriteAt): Promise<void> {
  let at = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (at + chunk.length > expected)
        throw new FetchError('source_error', 'The source sent more than was requested.');
      await write(chunk, at);
      at += chunk.length;
    }
  } catch (error) {
    drop(body);
    throw toFetchError(error, 'body');
  }
  if (!body.complete || at !== expected) {
    throw new FetchError('source_incomplete', 'The source sent a different number of bytes than was requested.');
  }
}
