import { isIP } from 'node:net';
import { type AddressPolicy, createAddressPolicy } from './addresses.ts';
import { isDataUrl, readDataUrl } from './data-url.ts';

/** Maximum length of a URL in characters. Signed URLs of the large cloud providers stay below 4,000. */
const MAX_URL_LENGTH = 8192;

/** Suffixes that never belong to a public host (RFC 6761, 6762, 7686, 8375, ICANN's `internal`). */
const PRIVATE_SUFFIXES = ['local', 'internal', 'invalid', 'onion', 'home.arpa', 'localdomain', 'lan', 'intranet'];

/** The loopback addresses of `localhost`, regardless of DNS (RFC 6761 section 6.3). */
export const LOOPBACK = ['127.0.0.1', '::1'] as const;

export interface SourceUrlOptions {
  /** CIDRs that may be reached although they are not public, on any port. */
  allow: readonly string[];
  /** Allowed ports of public sources. */
  ports: readonly number[];
}

export type SourceUrlCheck = { ok: true; url: URL } | { ok: false; reason: string };

/**
 * Checks the URL of a source by its text alone, without DNS, so that a request can be rejected immediately. The addresses of the host are
 * checked when the connection is opened. `reason` is a sentence for the user. Throws `ConfigError` if `allow` contains an entry that is
 * neither a CIDR nor an address.
 */
export function checkSourceUrl(text: string, options: SourceUrlOptions): SourceUrlCheck {
  if (isDataUrl(text)) return checkDataUrl(text);
  return checkNetworkUrl(text, options);
}

/** Checks an http or https URL in the same way. Rejects `data:` URLs. */
export function checkNetworkUrl(text: string, options: SourceUrlOptions): SourceUrlCheck {
  return checkWithPolicy(text, createAddressPolicy(options.allow), options);
}

function checkDataUrl(text: string): SourceUrlCheck {
  if (text.length > MAX_URL_LENGTH) return reject(`The URL is longer than ${MAX_URL_LENGTH} characters.`);
  return readDataUrl(text) ? { ok: true, url: new URL(text) } : reject(DATA);
}

/** Checks an http or https URL in the same way, with an existing policy. */
export function checkWithPolicy(text: string, policy: AddressPolicy, options: SourceUrlOptions): SourceUrlCheck {
  const shape = checkShape(text);
  if (shape !== null) return reject(shape);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return reject('The URL is not valid.');
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return reject(SCHEMES);
  if (url.username !== '' || url.password !== '') return reject(USERINFO);

  const host = hostOf(url);
  const port = portOf(url);
  if (isIP(host) !== 0) {
    const verdict = policy(host);
    if (verdict === 'rejected') return reject(NOT_PUBLIC);
    if (verdict === 'public' && isIP(host) === 4 && !isPlainlyWritten(text, host)) return reject(NOT_PLAIN);
    return verdict === 'allowed' || options.ports.includes(port) ? { ok: true, url } : reject(wrongPort(options.ports));
  }
  if (isLocalhost(host)) {
    return LOOPBACK.some((address) => policy(address) === 'allowed') ? { ok: true, url } : reject(NOT_PUBLIC);
  }
  if (!isHostName(host)) return reject('The host name of the URL is not valid.');
  // The name may resolve to an address that the operator allows, so its addresses are checked only when connecting.
  if (options.allow.length > 0) return { ok: true, url };
  if (isPrivateName(host)) return reject('The host name is not public.');
  return options.ports.includes(port) ? { ok: true, url } : reject(wrongPort(options.ports));
}

/** Returns the host name without the brackets of IPv6 and without the root dot. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
}

export function portOf(url: URL): number {
  return url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
}

export function isLocalhost(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost');
}

export const NOT_PUBLIC = 'The host is a private or reserved address.';
const NOT_PLAIN = 'An IPv4 address must be written as four plain numbers.';
const DATA = 'A data: URL must be a picture: data:image/png;base64,… (or jpeg, gif, webp).';
const SCHEMES = 'Only https:// and http:// URLs can be fetched.';
const USERINFO = 'The URL must not contain a user name or password.';

export function wrongPort(ports: readonly number[]): string {
  return `The port is not allowed; public sources are fetched from port ${ports.join(', ')}.`;
}

/**
 * Returns why a text is rejected, or null. Rejects text that the URL parser would silently repair. If two parsers repaired a text
 * differently, the check and the connection would see different hosts.
 */
function checkShape(text: string): string | null {
  if (text.length > MAX_URL_LENGTH) return `The URL is longer than ${MAX_URL_LENGTH} characters.`;
  if (/[\u0000-\u001f\u007f]/.test(text) || text !== text.trim())
    return 'The URL contains control characters, or spaces at its start or end.';
  if (!/^https?:\/\//i.test(text)) return /^[a-z][a-z0-9+.-]*:/i.test(text) ? SCHEMES : 'The URL is not valid.';
  const authority = /^https?:\/\/([^/?#]*)/i.exec(text)?.[1] ?? '';
  if (authority === '' || /[\\\s]/.test(authority)) return 'The host name of the URL is not valid.';
  if (authority.includes('@')) return USERINFO;
  return null;
}

/**
 * Whether the text contains the address exactly as parsed. `0010.0.0.1` is 8.0.0.1 to this parser and 10.0.0.1 to others. Legitimate links
 * do not contain addresses in hex, as one integer or in full-width digits either.
 */
export function isPlainlyWritten(text: string, address: string): boolean {
  const authority = /^(?:[a-z][a-z0-9+.-]*:)?\/\/([^/?#]*)/i.exec(text)?.[1] ?? '';
  return authority.replace(/:\d*$/, '') === address;
}

function isHostName(host: string): boolean {
  return host.length <= 253 && host.split('.').every((label) => /^[a-z0-9_-]{1,63}$/.test(label));
}

function isPrivateName(host: string): boolean {
  return !host.includes('.') || PRIVATE_SUFFIXES.some((suffix) => host.endsWith(`.${suffix}`));
}

function reject(reason: string): SourceUrlCheck {
  return { ok: false, reason };
}
