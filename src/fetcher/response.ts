import type { Dispatcher } from 'undici';
import type { AddressPolicy } from './addresses.ts';
import { FetchError } from './errors.ts';
import { checkWithPolicy } from './source-url.ts';

/** Redirects that are followed; each is judged like a URL that the user had sent. */
const MAX_REDIRECTS = 3;

/** Longest wait for the first byte of an answer, and between two chunks of a body; milliseconds. */
const HEADERS_TIMEOUT_MS = 30_000;
const BODY_TIMEOUT_MS = 20_000;

export interface SourceResponse {
  body: Dispatcher.ResponseData['body'];
  /** Bytes that the source announced; null when it announced nothing. */
  length: number | null;
  /** Media type without parameters, lower case; null when missing or malformed. */
  contentType: string | null;
  /** Host (and port) that answered in the end. */
  host: string;
}

export interface RequestContext {
  request: typeof import('undici').request;
  dispatcher: Dispatcher;
  signal: AbortSignal;
  policy: AddressPolicy;
  allow: readonly string[];
  ports: readonly number[];
  /** No phase waits longer than the whole download may take. */
  deadlineMs: number;
}

/**
 * Sends the GET, follows redirects by hand and returns the first answer that is a file. The body has not been read.
 * Throws `FetchError`.
 */
export async function requestSource(source: string, context: RequestContext): Promise<SourceResponse> {
  let url = checked(source, context);
  for (let redirects = 0; ; redirects++) {
    const answer = await context.request(url, {
      dispatcher: context.dispatcher,
      method: 'GET',
      headers: { 'user-agent': 'Airlock', accept: '*/*', 'accept-encoding': 'identity' },
      signal: context.signal,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, context.deadlineMs),
      bodyTimeout: Math.min(BODY_TIMEOUT_MS, context.deadlineMs),
      reset: true,
    });
    try {
      const location = redirectOf(answer);
      if (location === null) return acceptAnswer(answer, url);
      if (redirects === MAX_REDIRECTS) {
        throw new FetchError('source_error', `The source redirected more than ${MAX_REDIRECTS} times.`, {
          retry: false,
        });
      }
      url = nextUrl(url, location, context);
      drop(answer.body);
    } catch (error) {
      drop(answer.body);
      throw error;
    }
  }
}

/**
 * Closes a body that nobody will read. Without the listener the error that destroying causes is an uncaught
 * exception and ends the process.
 */
function drop(body: SourceResponse['body']): void {
  body.on('error', () => {});
  body.destroy();
}

function checked(text: string, context: RequestContext): URL {
  const result = checkWithPolicy(text, context.policy, context);
  if (!result.ok) throw new FetchError('source_refused', result.reason);
  return result.url;
}

function nextUrl(from: URL, location: string, context: RequestContext): URL {
  let target: URL;
  try {
    target = new URL(location, from);
  } catch {
    throw new FetchError('source_error', 'The source redirected to an invalid URL.', { retry: false });
  }
  if (from.protocol === 'https:' && target.protocol === 'http:') {
    throw new FetchError('source_refused', 'The source redirected from https:// to http://.');
  }
  const result = checkWithPolicy(target.href, context.policy, context);
  if (!result.ok) throw new FetchError('source_refused', 'The source redirected to a URL that is not allowed.');
  return result.url;
}

/** The target of a redirect, or null when the answer is none. */
function redirectOf(answer: Dispatcher.ResponseData): string | null {
  if (![301, 302, 303, 307, 308].includes(answer.statusCode)) return null;
  const location = answer.headers.location;
  if (typeof location !== 'string') {
    throw new FetchError('source_error', `The source answered ${answer.statusCode} without saying where the file is.`, {
      retry: false,
    });
  }
  return location;
}

function acceptAnswer(answer: Dispatcher.ResponseData, url: URL): SourceResponse {
  const { statusCode, headers } = answer;
  const says = `The source answered ${statusCode}.`;
  if (statusCode === 404 || statusCode === 410) throw new FetchError('source_not_found', says);
  // Only 200 is the whole file: 206 is a part nobody asked for, 204 has no body.
  if (statusCode !== 200) {
    const heals = statusCode >= 500 || statusCode === 429 || statusCode === 408;
    throw new FetchError('source_error', says, { retry: heals });
  }
  if (!isPlain(headers['content-encoding'], 'identity') || !isPlain(headers['transfer-encoding'], 'chunked')) {
    throw new FetchError('source_refused', 'The source compressed its answer although that was not asked for.');
  }
  return {
    body: answer.body,
    length: contentLength(headers['content-length']),
    contentType: mediaType(headers['content-type']),
    host: url.host,
  };
}

function isPlain(value: string | string[] | undefined, plain: string): boolean {
  return value === undefined || (typeof value === 'string' && value.trim().toLowerCase() === plain);
}

function contentLength(value: string | string[] | undefined): number | null {
  if (value === undefined) return null;
  const length = Number(value);
  if (typeof value !== 'string' || !/^\d{1,15}$/.test(value)) {
    throw new FetchError('source_error', 'The source did not answer with valid HTTP.', { retry: false });
  }
  return length;
}

function mediaType(value: string | string[] | undefined): string | null {
  const match = typeof value === 'string' ? /^\s*([\w!#$&^.+-]{1,80}\/[\w!#$&^.+-]{1,80})\s*(;|$)/.exec(value) : null;
  return match?.[1]?.toLowerCase() ?? null;
}
