import { type FileHandle, open, unlink } from 'node:fs/promises';
import { FetchError, toFetchError } from './errors.ts';
import { drop, type SourceResponse } from './response.ts';

export interface ReceiveLimits {
  maxBytes: number;
  /** Minimum bytes per second, averaged over each window. */
  minBytesPerSecond: number;
  /** Length of a window in milliseconds. */
  rateWindowMs: number;
}

/**
 * Runs `fill` on a new file that only this account (and `group`, if given) may read, and deletes the file on any error. If the file already
 * exists, rejects with EEXIST and does not change the file.
 */
export async function withNewFile<T>(
  path: string,
  group: number | undefined,
  fill: (file: FileHandle) => Promise<T>,
): Promise<T> {
  // O_EXCL: never opens an existing file or a symbolic link.
  const file = await open(path, 'wx', 0o600);
  try {
    if (group !== undefined) {
      await file.chown(process.getuid?.() ?? -1, group);
      await file.chmod(0o640);
    }
    const result = await fill(file);
    await file.close();
    return result;
  } catch (error) {
    await file.close().catch(() => {});
    await unlink(path).catch(() => {});
    throw error;
  }
}

/**
 * Maximum number of received bytes per byte of the file. A source that sends chunks of one byte sends six bytes per byte of the file, each
 * of which takes 0.6 µs: 20 minutes of CPU time for a file of 2 GB. Ordinary sources stay below 1.01. `OVERHEAD_SLACK` allows for
 * read-ahead.
 */
const MAX_OVERHEAD = 3;
const OVERHEAD_SLACK = 2 ** 20;

/**
 * Streams the body into the file and resolves to the number of bytes. `abort` must make the body fail with the given reason, so that a slow
 * source is stopped even while no bytes arrive.
 */
export async function receive(
  response: SourceResponse,
  file: FileHandle,
  limits: ReceiveLimits,
  abort: (reason: FetchError) => void,
  onBytes?: (bytes: number) => unknown,
): Promise<number> {
  const { body, length } = response;
  let bytes = 0;
  let windowStart = 0;
  const timer = setInterval(() => {
    const arrived = bytes - windowStart;
    windowStart = bytes;
    if (arrived === 0) abort(new FetchError('source_timeout', 'The source stopped sending.'));
    else if (arrived < (limits.minBytesPerSecond * limits.rateWindowMs) / 1000) {
      abort(new FetchError('source_timeout', 'The source sends too slowly.'));
    }
  }, limits.rateWindowMs);

  try {
    if (length !== null && length > limits.maxBytes) throw tooLarge(limits.maxBytes);
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > limits.maxBytes) throw tooLarge(limits.maxBytes);
      if ((body.socket?.bytesRead ?? 0) > MAX_OVERHEAD * bytes + OVERHEAD_SLACK) {
        throw new FetchError('source_error', 'The source wraps the file in far more bytes than it contains.', {
          retry: false,
        });
      }
      await writeAll(file, chunk);
      await onBytes?.(chunk.length);
    }
  } catch (error) {
    drop(body);
    throw error instanceof DestinationError ? error.cause : toFetchError(error, 'body');
  } finally {
    clearInterval(timer);
  }
  if (!body.complete || (length !== null && bytes !== length)) {
    throw new FetchError('source_incomplete', 'The source sent a different number of bytes than it announced.');
  }
  return bytes;
}

function tooLarge(maxBytes: number): FetchError {
  return new FetchError('source_too_large', `The source is larger than the limit of ${maxBytes} bytes.`);
}

/** Wraps a local error, such as a full disk. The local error is rethrown, because it must not be reported as an error of the source. */
class DestinationError extends Error {}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  try {
    for (let offset = 0; offset < chunk.length; ) {
      offset += (await file.write(chunk, offset)).bytesWritten;
    }
  } catch (cause) {
    throw new DestinationError('the destination cannot be written', { cause });
  }
}
