import { FetchError, toFetchError } from './errors.ts';
import { drop, type RequestContext, requestSource, type WriteAt } from './response.ts';

/** The first bytes of a source. */
export interface SourceStart {
  /** Number of bytes that were written. */
  bytes: number;
  /** Size of the entire source in bytes. Null if its server does not declare the size and the source was not read to its end. */
  size: number | null;
}

/**
 * Fetches at most `maxBytes` bytes from the start of a source and writes these bytes, whether or not its server supports ranges. Does not
 * read the rest. Throws `FetchError`.
 */
export async function readStart(
  source: string,
  context: RequestContext,
  maxBytes: number,
  write: WriteAt,
): Promise<SourceStart> {
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
  const wanted = Math.min(maxBytes, declared ?? maxBytes);
  let at = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const bytes = chunk.subarray(0, wanted - at);
      await write(bytes, at);
      at += bytes.length;
      if (at === wanted) break;
    }
  } catch (error) {
    throw toFetchError(error, 'body');
  } finally {
    drop(body);
  }
  if (declared !== null && at < wanted) {
    throw new FetchError('source_incomplete', 'The source closed the connection before the end of the file.');
  }
  return { bytes: at, size: declared ?? (at < maxBytes ? at : null) };
}
