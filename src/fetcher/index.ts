import type { ReadRate } from '../telemetry/reader-watch.ts';
import { createAddressPolicy } from './addresses.ts';
import type { Lookup } from './connect.ts';
import { isDataUrl, readDataUrl, writeData } from './data-url.ts';
import { receive, withNewFile } from './download.ts';
import { FetchError, toFetchError } from './errors.ts';
import { type GuardedExchange, openExchange } from './exchange.ts';
import { readStart, type SourceStart } from './head.ts';
import { createLookup } from './lookup.ts';
import { type Post, postTo } from './post.ts';
import { type CompleteSource, type OpenedRanges, openRanges, type RangeLimits } from './ranges.ts';
import { type RequestContext, requestSource, type SourceResponse, type WriteAt } from './response.ts';

export { type FetchCode, FetchError } from './errors.ts';
export type { ExchangeOptions, GuardedExchange } from './exchange.ts';
export type { SourceStart } from './head.ts';
export { checkWebhookUrl } from './post.ts';
export type { SourceResponse, WriteAt } from './response.ts';
export { checkSourceUrl, type SourceUrlCheck, type SourceUrlOptions } from './source-url.ts';

/**
 * Minimum rate of a destination: 8 KiB per second, which is also the minimum for a source. A destination may pause for most of a minute.
 */
export const PEER_RATE: ReadRate = { bytes: 8192 * 60, windowMs: 60_000 };

export interface FetcherOptions {
  /** CIDRs (or single addresses) that may be reached although they are not public, on any port. */
  allow: string[];
  /** Allowed ports of public sources. */
  ports: number[];
  /** Maximum size of a source in bytes. A download can lower this limit, but not raise it. */
  maxBytes: number;
  /** Time limit of a download in milliseconds, including DNS, redirects and body. A download can lower this limit. */
  deadlineMs: number;
  /** Minimum bytes per second, averaged over each window (default 8192). */
  minBytesPerSecond?: number;
  /** Length of a window in milliseconds (default 10,000). */
  rateWindowMs?: number;
  /** Minimum rate at which a destination must receive while bytes are waiting (default 8192 bytes per second over a minute). */
  peerRate?: ReadRate;
  /** Time limit of the response headers in milliseconds (default 30,000). */
  headersTimeoutMs?: number;
  /** Additional trusted certificate authorities, in PEM. */
  ca?: string;
  /** Replaces DNS and the system's resolver. */
  lookup?: Lookup;
  /** Logs rejected addresses, for the operator. */
  logger?: { warn(fields: object, message: string): void };
}

export interface DownloadOptions {
  maxBytes?: number;
  deadlineMs?: number;
  /** Aborts the download immediately, with the code `canceled`. */
  signal?: AbortSignal;
  /** Response that `openRanges` returned for the same URL. The download reads this response instead of sending another request. */
  complete?: SourceResponse;
  /** Called once before the body is read, with the declared size in bytes, or null if the size is not declared. */
  onResponse?: (declared: { length: number | null }) => void;
  /** Called with the size of every written chunk. If the function returns a promise, reading pauses until the promise resolves. */
  onBytes?: (bytes: number) => unknown;
  /** Numeric id of a group that may read the file (mode 0640). Without a group, the mode is 0600. */
  fileGroup?: number;
}

export interface Download {
  bytes: number;
  /** Content type without parameters, as the source declares it. The content type is not verified. */
  contentType: string | null;
  /** Host of the final response; empty for a `data:` URL. */
  host: string;
}

export interface Fetcher {
  /**
   * Fetches a URL into a new file. Rejects with `FetchError`, or with the file system's error if the destination exists or cannot be
   * written. Deletes the partial file on any error.
   */
  download(url: string, destination: string, options?: DownloadOptions): Promise<Download>;
  /**
   * Opens a URL to read ranges of the source. Resolves with null if the server does not support ranges or the source is too large. With
   * `keepsComplete`, resolves with the response of a server without ranges, for `download`. Rejects with `FetchError`. Abort the signal
   * after use, to close all connections.
   */
  openRanges(url: string, limits: RangeLimits, signal: AbortSignal): Promise<OpenedRanges | CompleteSource | null>;
  /**
   * Fetches at most `maxBytes` bytes from the start of a URL, and writes these bytes as they arrive. Rejects with `FetchError`. Abort the
   * signal after use, to close the connection.
   */
  readStart(url: string, maxBytes: number, write: WriteAt, signal: AbortSignal): Promise<SourceStart>;
  /**
   * Posts a webhook. Resolves to the status of the response. Does not read the body, and follows no redirect. Rejects with `FetchError`.
   */
  post(url: string, message: Post): Promise<number>;
  /**
   * Opens an exchange of requests with a store or with signed URLs. The exchange follows no redirects. Close the exchange after use. A
   * request ends at the deadline of a download at the latest, and earlier if the peer accepts its body too slowly.
   */
  exchange(): GuardedExchange;
}

/**
 * Creates the only client for external hosts. The client never reaches private addresses unless the operator allows them. Throws
 * `ConfigError` for an invalid CIDR.
 */
export function createFetcher(options: FetcherOptions): Fetcher {
  const policy = createAddressPolicy(options.allow);
  const { allow, ports, lookup = createLookup() } = options;

  const contextOf = (signal: AbortSignal): RequestContext => ({
    ...{ policy, allow, ports, signal },
    headersTimeoutMs: options.headersTimeoutMs,
    lookup,
    ca: options.ca,
    onRejected: (host, address) => options.logger?.warn({ host, address }, 'source rejected: address not public'),
  });

  return {
    post: (url, message) => postTo(url, message, contextOf),

    exchange: () => openExchange(contextOf, { deadlineMs: options.deadlineMs, rate: options.peerRate ?? PEER_RATE }),

    openRanges(url, limits, signal) {
      // A data: URL already contains the complete source.
      if (isDataUrl(url)) return Promise.resolve(null);
      const maxSize = limits.maxSize ?? options.maxBytes;
      return openRanges(url, { ...contextOf(signal), maxSize }, limits);
    },

    async readStart(url, maxBytes, write, signal) {
      if (isDataUrl(url)) {
        const all = dataOf(url);
        const bytes = all.subarray(0, maxBytes);
        await write(bytes, 0);
        return { bytes: bytes.length, size: all.length };
      }
      return readStart(url, contextOf(signal), maxBytes, write).catch((error) => {
        throw signal.aborted ? signal.reason : toFetchError(error, 'connect');
      });
    },

    async download(url, destination, overrides = {}) {
      const deadlineMs = Math.min(overrides.deadlineMs ?? options.deadlineMs, options.deadlineMs);
      return withDeadline(deadlineMs, overrides.signal, (stop) =>
        withNewFile(destination, overrides.fileGroup, async (file) => {
          stop.signal.throwIfAborted();
          if (isDataUrl(url)) {
            const bytes = await writeData(dataOf(url), file, { ...overrides, ...limitsOf(options, overrides) });
            return { bytes, contentType: null, host: '' };
          }
          const response = await (overrides.complete
            ? takeOver(overrides.complete, stop.signal)
            : requestSource(url, contextOf(stop.signal))
          ).catch((error) => {
            throw toFetchError(error, 'connect');
          });
          overrides.onResponse?.({ length: response.length });
          const limits = limitsOf(options, overrides);
          const bytes = await receive(response, file, limits, (reason) => stop.abort(reason), overrides.onBytes);
          return { bytes, contentType: response.contentType, host: response.host };
        }),
      );
    },
  };
}

/** Takes over a response, so that aborting this signal also ends the response. */
async function takeOver(response: SourceResponse, signal: AbortSignal): Promise<SourceResponse> {
  signal.addEventListener('abort', () => response.body.destroy(signal.reason), { once: true });
  return response;
}

function dataOf(url: string): Buffer {
  const bytes = readDataUrl(url);
  if (!bytes) throw new FetchError('source_refused', 'The data: URL is not valid.', { retry: false });
  return bytes;
}

function limitsOf(options: FetcherOptions, overrides: DownloadOptions) {
  return {
    maxBytes: Math.min(overrides.maxBytes ?? options.maxBytes, options.maxBytes),
    ...rateOf(options),
  };
}

function rateOf({ minBytesPerSecond = 8192, rateWindowMs = 10_000 }: FetcherOptions) {
  return { minBytesPerSecond, rateWindowMs };
}

/** Runs a download that ends at its deadline or when the caller cancels it. */
async function withDeadline<T>(
  deadlineMs: number,
  canceled: AbortSignal | undefined,
  download: (stop: AbortController) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onCancel = () => stop.abort(new FetchError('canceled', 'The download was canceled.'));
  const timer = setTimeout(() => stop.abort(new FetchError('source_timeout', 'The source was too slow.')), deadlineMs);
  if (canceled?.aborted) onCancel();
  else canceled?.addEventListener('abort', onCancel, { once: true });
  try {
    return await download(stop);
  } catch (error) {
    // An abort can surface as different errors, so throw the reason of the abort.
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(timer);
    canceled?.removeEventListener('abort', onCancel);
    // Close connections that a peer keeps open after its response or a redirect.
    stop.abort();
  }
}
