import { createAddressPolicy } from './addresses.ts';
import type { Lookup } from './connect.ts';
import { receive, withNewFile } from './download.ts';
import { FetchError, toFetchError } from './errors.ts';
import { requestSource } from './response.ts';

export { type FetchCode, FetchError } from './errors.ts';
export { checkSourceUrl, type SourceUrlCheck, type SourceUrlOptions } from './source-url.ts';

export interface FetcherOptions {
  /** CIDRs (or single addresses) that may be reached although they are not public, on any port. */
  allow: string[];
  /** Ports of public sources. */
  ports: number[];
  /** Most bytes of one source; a download can ask for less, never for more. */
  maxBytes: number;
  /** Most milliseconds for one download, names, redirects and body together; a download can ask for less. */
  deadlineMs: number;
  /** Bytes per second that must arrive on average over each window (default 8192). */
  minBytesPerSecond?: number;
  /** Length of that window, milliseconds (default 10,000). */
  rateWindowMs?: number;
  /** Longest wait for the head of an answer, milliseconds (default 30,000). */
  headersTimeoutMs?: number;
  /** Certificate authorities in PEM, trusted beside the usual ones. */
  ca?: string;
  /** Replaces the system's resolver. */
  lookup?: Lookup;
  /** Receives refused addresses, for the operator. */
  logger?: { warn(fields: object, message: string): void };
}

export interface DownloadOptions {
  maxBytes?: number;
  deadlineMs?: number;
  /** Aborting ends the download immediately with the code `canceled`. */
  signal?: AbortSignal;
  /** Receives the size of every chunk that was written; nothing more is read until a promise that it returns resolves. */
  onBytes?: (bytes: number) => unknown;
  /** Numeric group that may read the file (mode 0640); without it the mode is 0600. */
  fileGroup?: number;
}

export interface Download {
  bytes: number;
  /** What the source claims, without parameters; proves nothing. */
  contentType: string | null;
  /** Host that answered in the end. */
  host: string;
}

export interface Fetcher {
  /**
   * Fetches the URL into a new file. Rejects with `FetchError`, or with the file system's own error when the
   * destination exists or cannot be written; in every case the partial file is removed.
   */
  download(url: string, destination: string, options?: DownloadOptions): Promise<Download>;
}

/** The only way out to the network: it cannot be led to private addresses. Throws `ConfigError` for a bad CIDR. */
export function createFetcher(options: FetcherOptions): Fetcher {
  const policy = createAddressPolicy(options.allow);
  const { allow, ports } = options;

  return {
    async download(url, destination, wish = {}) {
      const deadlineMs = Math.min(wish.deadlineMs ?? options.deadlineMs, options.deadlineMs);
      const limits = {
        maxBytes: Math.min(wish.maxBytes ?? options.maxBytes, options.maxBytes),
        minBytesPerSecond: options.minBytesPerSecond ?? 8192,
        rateWindowMs: options.rateWindowMs ?? 10_000,
      };
      const stop = new AbortController();
      const { signal } = stop;
      const onCancel = () => stop.abort(new FetchError('canceled', 'The download was canceled.'));
      const timer = setTimeout(
        () => stop.abort(new FetchError('source_timeout', 'The source was too slow.')),
        deadlineMs,
      );
      if (wish.signal?.aborted) onCancel();
      else wish.signal?.addEventListener('abort', onCancel, { once: true });

      try {
        return await withNewFile(destination, wish.fileGroup, async (file) => {
          signal.throwIfAborted();
          const response = await requestSource(url, {
            policy,
            allow,
            ports,
            signal,
            headersTimeoutMs: options.headersTimeoutMs,
            lookup: options.lookup,
            ca: options.ca,
            onRefused: (host, address) => options.logger?.warn({ host, address }, 'source refused: address not public'),
          }).catch((error) => {
            throw toFetchError(error, 'connect');
          });
          const bytes = await receive(response, file, limits, (reason) => stop.abort(reason), wish.onBytes);
          return { bytes, contentType: response.contentType, host: response.host };
        });
      } catch (error) {
        // The abort surfaces in different errors; its reason is the one to report.
        throw signal.aborted ? signal.reason : error;
      } finally {
        clearTimeout(timer);
        wish.signal?.removeEventListener('abort', onCancel);
        // Closes what a peer would keep open after its answer, or after a redirect.
        stop.abort();
      }
    },
  };
}
