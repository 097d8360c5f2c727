/** Failure codes of the contract, plus `canceled`. */
export type FetchCode =
  | 'source_refused'
  | 'source_unreachable'
  | 'source_not_found'
  | 'source_error'
  | 'source_too_large'
  | 'source_timeout'
  | 'source_incomplete'
  | 'canceled';

/** Whether a retry can succeed. An error can override this value. */
const RETRY: Record<FetchCode, boolean> = {
  source_refused: false,
  source_unreachable: true,
  source_not_found: false,
  source_error: true,
  source_too_large: false,
  source_timeout: true,
  source_incomplete: true,
  canceled: false,
};

/**
 * Why a source was not fetched. The message is one sentence for the user. It never contains a body, path, query, header value or resolved
 * address. `cause` may contain more, but only for the operator's log.
 */
export class FetchError extends Error {
  readonly code: FetchCode;
  readonly retry: boolean;
  constructor(code: FetchCode, message: string, options: { retry?: boolean; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'FetchError';
    this.code = code;
    this.retry = options.retry ?? RETRY[code];
  }
}

/** The phase in which the request failed. The same connection error has a different meaning in each phase. */
export type FetchPhase = 'connect' | 'body';

const INCOMPLETE = 'The source closed the connection before the end of the file.';

/** Converts an error of sockets, TLS, DNS or the HTTP parser to a message for the user. */
export function toFetchError(error: unknown, phase: FetchPhase): FetchError {
  if (error instanceof FetchError) return error;
  const code = String((error as { code?: unknown })?.code ?? '');
  const make = (fetchCode: FetchCode, message: string, retry?: boolean) =>
    new FetchError(fetchCode, message, { cause: error, ...(retry === undefined ? {} : { retry }) });

  if (code.startsWith('HPE_')) {
    // Node attaches the received bytes to this error. They must not be logged.
    (error as { rawPacket?: unknown }).rawPacket = undefined;
    const what =
      code === 'HPE_HEADER_OVERFLOW'
        ? 'The source responded with headers that are too large.'
        : 'The source did not respond with valid HTTP.';
    return make('source_error', what, false);
  }
  if (code === 'ENOTFOUND' || code === 'ENODATA' || code.startsWith('EAI_')) {
    return make('source_unreachable', 'The host name of the source could not be resolved.');
  }
  if (code === 'ECONNREFUSED') return make('source_unreachable', 'The source rejected the connection.');
  if (isTlsError(code)) {
    return make('source_unreachable', 'The TLS certificate or handshake of the source is not valid.', false);
  }
  if (phase === 'body') return make('source_incomplete', INCOMPLETE);
  return make('source_unreachable', 'The source could not be reached.');
}

function isTlsError(code: string): boolean {
  return /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|EPROTO|INVALID_CA|INVALID_PURPOSE)/.test(
    code,
  );
}
