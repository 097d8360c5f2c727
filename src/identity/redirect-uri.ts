const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];
const MAX_URI = 2000;

/**
 * Whether a URI is a valid redirect URI: over HTTPS, or over HTTP to a program on the person's own machine (RFC 8252, 7.3). Accepts only
 * the normal form of a URL, because two parsers could find different hosts in any other form.
 */
export function isRedirectUri(text: string): boolean {
  if (text.length > MAX_URI || /[*#]/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.href !== text && url.href !== `${text}/`) return false;
  if (url.username !== '' || url.password !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.includes(url.hostname));
}

/** Whether the client has registered the URI `asked`. On loopback, the port may differ from the registered port. */
export function isRegistered(asked: string, registered: readonly string[]): boolean {
  if (!isRedirectUri(asked)) return false;
  return registered.includes(asked) || registered.some((one) => isSameLoopback(new URL(asked), new URL(one)));
}

function isSameLoopback(asked: URL, known: URL): boolean {
  if (asked.protocol !== 'http:' || !LOOPBACK.includes(asked.hostname)) return false;
  const bare = (url: URL) => `${url.protocol}//${url.hostname}${url.pathname}${url.search}`;
  return bare(asked) === bare(known);
}
