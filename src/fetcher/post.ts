import { FetchError, toFetchError } from './errors.ts';
import { drop, type RequestContext, send } from './response.ts';
import { checkNetworkUrl, checkWithPolicy, type SourceUrlCheck, type SourceUrlOptions } from './source-url.ts';

/** A webhook to send. */
export interface Post {
  headers: Readonly<Record<string, string>>;
  body: string;
  /** Time limit in milliseconds, from DNS to the headers of the response. */
  timeoutMs: number;
}

const HTTPS_ONLY = 'A webhook must use https://, except to an address that the operator allows.';

/**
 * Checks the URL of a webhook by its text alone, as the URL of a source is checked. A URL without TLS may only reach addresses in `allow`,
 * because no port of public addresses is allowed.
 */
export function checkWebhookUrl(text: string, options: SourceUrlOptions): SourceUrlCheck {
  if (!isPlain(text)) return checkNetworkUrl(text, options);
  const plain = checkNetworkUrl(text, { ...options, ports: [] });
  if (plain.ok) return plain;
  const secure = checkNetworkUrl(text.replace(/^http:/i, 'https:'), options);
  return secure.ok ? { ok: false, reason: HTTPS_ONLY } : secure;
}

const isPlain = (text: string) => /^http:/i.test(text);

/**
 * Checks a URL to which data is sent, by its text. A URL without TLS may only reach addresses that the operator allows, because no port of
 * public addresses is allowed. Throws `FetchError`.
 */
export function checkGuardedUrl(text: string, given: RequestContext): { url: URL; context: RequestContext } {
  const context = isPlain(text) ? { ...given, ports: [] } : given;
  const check = checkWithPolicy(text, context.policy, context);
  if (!check.ok) throw new FetchError('source_refused', check.reason);
  return { url: check.url, context };
}

/** Posts a message and returns the status of the response. Throws `FetchError`. */
export async function postTo(
  url: string,
  message: Post,
  contextOf: (signal: AbortSignal) => RequestContext,
): Promise<number> {
  const stop = new AbortController();
  const timer = setTimeout(
    () => stop.abort(new FetchError('source_timeout', 'The receiver did not respond in time.')),
    message.timeoutMs,
  );
  try {
    const guarded = checkGuardedUrl(url, contextOf(stop.signal));
    const body = Buffer.from(message.body);
    const headers = { ...message.headers, 'content-length': String(body.length) };
    const response = await send(guarded.url, guarded.context, { method: 'POST', headers, body });
    drop(response);
    return response.statusCode ?? 0;
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : toFetchError(error, 'connect');
  } finally {
    clearTimeout(timer);
    // Closes the connection, even if the receiver is still sending.
    stop.abort();
  }
}
