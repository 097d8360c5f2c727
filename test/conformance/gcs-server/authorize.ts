import { createHash, type KeyObject, verify } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Rejection } from './responses.ts';

export interface Identity {
  email: string;
  keyId: string;
  publicKey: KeyObject;
}

export interface Guard extends Identity {
  now(): number;
  /** Tokens of the metadata server. */
  tokens: ReadonlySet<string>;
}

const SKEW_MS = 900_000;
const SCOPES = ['devstorage.read_write', 'devstorage.full_control', 'cloud-platform'];
const ONCE = ['algorithm', 'credential', 'date', 'expires', 'signedheaders', 'signature'];

/** Throws a `Rejection` unless the request has a valid token or a valid V4 signature in its query. */
export function authorize(request: IncomingMessage, guard: Guard): void {
  const { authorization } = request.headers;
  const amazon = Object.keys(request.headers).find((name) => name.startsWith('x-amz-'));
  if (amazon) throw new Rejection(400, 'InvalidArgument', `${amazon} cannot be mixed with OAuth 2.0 or GOOG4`);
  if (authorization !== undefined) checkToken(authorization, guard);
  else if (request.url!.includes('X-Goog-Signature=')) checkSignedUrl(request, guard);
  else throw new Rejection(403, 'AccessDenied', 'Anonymous caller');
}

function checkToken(authorization: string, guard: Guard): void {
  const unauthorized = new Rejection(401, 'AuthenticationRequired', 'Authentication required.');
  const token = /^Bearer (\S+)$/.exec(authorization)?.[1];
  if (!token) throw unauthorized;
  if (guard.tokens.has(token)) return;
  const [head, body, signature, ...rest] = token.split('.');
  if (!head || !body || !signature || rest.length > 0) throw unauthorized;
  const valid = verify('sha256', Buffer.from(`${head}.${body}`), guard.publicKey, Buffer.from(signature, 'base64url'));
  const { alg, kid } = decode(head);
  const { iss, sub, scope, iat, exp } = decode(body) as Record<string, string> & { iat: number; exp: number };
  const seconds = guard.now() / 1000;
  const timely = iat <= seconds + SKEW_MS / 1000 && exp > seconds && exp - iat <= 3600;
  const mine = iss === guard.email && sub === guard.email && kid === guard.keyId;
  const scoped = String(scope)
    .split(' ')
    .some((each) => SCOPES.some((known) => each.endsWith(`/${known}`)));
  if (!valid || alg !== 'RS256' || !mine || !timely || !scoped) throw unauthorized;
}

/** Verifies the signature from the raw request, as https://cloud.google.com/storage/docs/authentication/canonical-requests describes. */
function checkSignedUrl(request: IncomingMessage, guard: Guard): void {
  const [path, search = ''] = request.url!.split('?', 2) as [string, string?];
  const pairs = search.split('&').map((pair) => pair.split('=', 2) as [string, string]);
  const parameter = (name: string): string => {
    const found = pairs.filter(([each]) => each.toLowerCase() === `x-goog-${name}`);
    if (found.length !== 1) throw new Rejection(400, 'InvalidQueryParameterValue', `X-Goog-${name}`);
    return decodeURIComponent(found[0]![1]);
  };
  for (const name of ONCE) parameter(name);
  if (parameter('algorithm') !== 'GOOG4-RSA-SHA256') throw new Rejection(400, 'InvalidArgument', 'X-Goog-Algorithm');
  const date = parameter('date');
  const scope = `${date.slice(0, 8)}/auto/storage/goog4_request`;
  if (parameter('credential') !== `${guard.email}/${scope}`) throw new Rejection(403, 'InvalidAccessKeyId');
  checkTime(date, parameter('expires'), guard.now());
  // The documentation says: "POST: only for requests that initiate a resumable upload."
  if (request.method === 'POST') throw new Rejection(403, 'SignatureDoesNotMatch', 'POST');

  const names = parameter('signedheaders').split(';');
  checkHeaders(request, names);
  const canonical = [
    request.method,
    path,
    pairs
      .filter(([name]) => name !== 'X-Goog-Signature')
      .map((pair) => pair.join('='))
      .sort()
      .join('&'),
    ...names.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ {2,}/g, ' ')}`),
    '',
    names.join(';'),
    request.headers['x-goog-content-sha256'] ?? 'UNSIGNED-PAYLOAD',
  ].join('\n');
  const hash = createHash('sha256').update(canonical).digest('hex');
  const text = ['GOOG4-RSA-SHA256', date, scope, hash].join('\n');
  const signature = parameter('signature');
  const valid = /^[0-9a-f]+$/.test(signature) && verifies(text, signature, guard.publicKey);
  if (!valid) throw new Rejection(403, 'SignatureDoesNotMatch', canonical);
}

function checkTime(date: string, expires: string, now: number): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date);
  const seconds = Number(expires);
  if (!parts || !/^\d{1,6}$/.test(expires) || seconds < 1 || seconds > 604_800) {
    throw new Rejection(400, 'InvalidQueryParameterValue', 'X-Goog-Date or X-Goog-Expires');
  }
  const [year, month, day, hour, minute, second] = parts.slice(1).map(Number) as number[];
  const start = Date.UTC(year!, month! - 1, day, hour, minute, second);
  if (start - now > SKEW_MS) throw new Rejection(403, 'AccessDenied', 'Request is not valid yet');
  if (start + seconds * 1000 <= now) throw new Rejection(400, 'ExpiredToken', 'Request signature expired');
}

function checkHeaders(request: IncomingMessage, names: string[]): void {
  const malformed = (why: string) => new Rejection(400, 'MalformedSecurityHeader', why);
  if (!names.includes('host') || names.join() !== [...names].sort().join()) throw malformed('signedheaders');
  for (const name of names) {
    if (request.headers[name] === undefined) {
      throw malformed(`Header was included in signedheaders, but not in the request: ${name}`);
    }
  }
  const unsigned = Object.keys(request.headers).find((name) => name.startsWith('x-goog-') && !names.includes(name));
  if (unsigned) throw malformed(`Header was not included in signedheaders: ${unsigned}`);
}

function verifies(text: string, hex: string, publicKey: KeyObject): boolean {
  return verify('sha256', Buffer.from(text), publicKey, Buffer.from(hex, 'hex'));
}

function decode(part: string): Record<string, unknown> {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString());
  } catch {
    throw new Rejection(401, 'AuthenticationRequired');
  }
}
