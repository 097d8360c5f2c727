import { type FileHandle, open, unlink } from 'node:fs/promises';
import { FetchError, toFetchError } from './errors.ts';
import { drop, type SourceResponse } from './response.ts';

export interface ReceiveLimits {
  maxBytes: number;
  /** Bytes per second that must arrive on average over each window. */
  minBytesPerSecond: number;
  /** Length of that window, milliseconds. */
  rateWindowMs: number;
}

/**
 * Runs `fill` on a new file that only this account (and, when given, that group) may read, and removes the file
 * when anything goes wrong. An existing file is an error (EEXIST) and stays as it is.
 */
export async function withNewFile<T>(
  path: string,
  group: number | undefined,
  fill: (file: FileHandle) => Promise<T>,
): Promise<T> {
  // O_EXCL: never another's file, and no symbolic link at the last component.
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
 * Bytes on the wire for each byte of the file. A source that sends chunks of one byte needs six, and costs this process
 * 0.6 µs a byte: 20 minutes of a core for a file of 2 GB. Honest ones stay under 1.01; the slack is for what was read
 * ahead.
 */
const MAX_OVERHEAD = 3;
const OVERHEAD_SLACK = 2 ** 20;

/**
 * Streams the body into the file; resolves to the number of bytes. `abort` must make the body fail with its reason:
 * it is how a source that drips is ended while nothing arrives.
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
    throw new FetchError('source_incomplete', 'The source sent another number of bytes than it had announced.');
  }
  return bytes;
}

function tooLarge(maxBytes: number): FetchError {
  return new FetchError('source_too_large', `The source is larger than the limit of ${maxBytes} bytes.`);
}

/** A full disk is our fault, not the source's: it must not be reported as a network error. */
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
