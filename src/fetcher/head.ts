import { FetchError, toFetchError } from './errors.ts';
import { drop, type RequestContext, requestSource } from './response.ts';

/** The first bytes of a source. */
export interface SourceStart {
  bytes: Buffer;
  /** Size of the entire source; null if its server does not declare it. */
  size: number | null;
}

/**
 * Fetches at most `maxBytes` from the start of a source, whether or not its server supports ranges: the rest is not read.
 * Throws `FetchError`.
 */
export async function readStart(source: string, context: RequestContext, maxBytes: number): Promise<SourceStart> {
  const { body, length } = await requestSource(source, { ...context, range: { range: `bytes=0-${maxBytes - 1}` } });
  const isPart = body.statusCode === 206;
  const [, start, total] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(body.headers['content-range'] ?? '') ?? [];
  if (isPart && start !== '0') {
    drop(body);
    throw new FetchError('source_error', 'The source responded with a range other than the requested one.', {
      retry: false,
    });
  }
  const declared = isPart ? (total === '*' ? null : Number(total)) : length;
  const bytes = Buffer.alloc(Math.min(maxBytes, declared ?? maxBytes));
  let at = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      at += chunk.copy(bytes, at);
      if (at === bytes.length) break;
    }
  } catch (error) {
    throw toFetchError(error, 'body');
  } finally {
    drop(body);
  }
  if (declared !== null && at < bytes.length) {
    throw new FetchError('source_incomplete', 'The source closed the connection before the end of the file.');
  }
  return { bytes: bytes.subarray(0, at), size: declared ?? (at < maxBytes ? at : null) };
}
