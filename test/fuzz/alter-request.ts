import type { Random } from '../../testkit/random.ts';
import { anyText } from './texts.ts';

export interface SignedRequest {
  method: string;
  /** Path and query of the URL. */
  target: string;
  headers: Record<string, string>;
  body: string;
}

const DATES = [
  ...['20261124T000000Z', '19700101T000000Z', '99991231T235959Z', '20260230T000000Z', '20261124', ''],
  ...['2026-11-24T00:00:00Z', '00000000T000000Z'],
];
const EXPIRES = [
  '0',
  '-1',
  '604800',
  '604801',
  '99999999999999999999',
  '1e3',
  '0x258',
  '600.5',
  ' 600',
  '',
  'NaN',
  '06000',
];
const SIGNATURES = ['', '0'.repeat(64), 'f'.repeat(64), 'z'.repeat(64), 'a'.repeat(65)];
const SIGNED = [
  '',
  'host',
  'host;host',
  'content-type;host',
  ';',
  'Host',
  'host;x-none',
  'content-type;host;x-amz-date',
];
const METHODS = ['GET', 'PUT', 'HEAD', 'DELETE', 'POST', 'OPTIONS', 'PATCH', 'TRACE', 'get'];
const PARAMETERS = [
  'acl',
  'policy',
  'uploads',
  'versionId',
  'X-Amz-Security-Token',
  'x-amz-acl',
  'response-content-type',
];
const HEADERS = [
  ...['x-amz-date', 'x-amz-content-sha256', 'x-amz-copy-source', 'x-amz-acl', 'x-amz-meta-a', 'content-type', 'expect'],
  ...['range', 'x-http-method-override'],
];
const VALUES = [
  ...[
    '20261124T000000Z',
    'UNSIGNED-PAYLOAD',
    'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    '/airlock-test/accounts/a/clip.mp4',
  ],
  ...['bytes=0-', ''],
];
const PATHS = ['/', '/airlock-test/..%2f..%2fetc%2fpasswd', '/airlock-test/accounts/b/other.mp4', '/airlock-test'];

type Change = (random: Random, request: SignedRequest) => Partial<SignedRequest>;

const inQuery =
  (change: (random: Random, parts: string[], at: number) => string[]): Change =>
  (random, { target }) => {
    const [path, query] = split(target);
    const parts = query === '' ? [] : query.split('&');
    const changed = change(random, parts, random.int(0, Math.max(0, parts.length - 1)));
    return { target: changed.length > 0 ? `${path}?${changed.join('&')}` : path };
  };

const withValue = (name: string, values: readonly string[]): Change =>
  inQuery((random, parts) => {
    const value = encodeURIComponent(random.pick(values));
    return parts.map((part) => (part.startsWith(`${name}=`) ? `${name}=${value}` : part));
  });

const withHeader =
  (pick: (random: Random, headers: Record<string, string>) => readonly [string, string | null]): Change =>
  (random, { headers }) => {
    const [name, value] = pick(random, headers);
    const { [name]: _, ...rest } = headers;
    return { headers: value === null ? rest : { ...rest, [name]: value.replace(/[\r\n\0]/g, '') } };
  };

const anyHeader = (random: Random, headers: Record<string, string>): string =>
  random.pick([...Object.keys(headers), 'host']);

const CHANGES: readonly Change[] = [
  inQuery((_random, parts, at) => parts.filter((_, index) => index !== at)),
  inQuery((random, parts) => [...parts, random.pick([...parts, 'x'])]),
  inQuery((random, parts, at) => parts.map((part, index) => (index === at ? scratched(random, part) : part))),
  inQuery((random, parts) => [...parts, `${random.pick([...PARAMETERS, anyToken(random)])}=${anyToken(random)}`]),
  withValue('X-Amz-Date', DATES),
  withValue('X-Amz-Expires', EXPIRES),
  withValue('X-Amz-Signature', SIGNATURES),
  withValue('X-Amz-SignedHeaders', SIGNED),
  inQuery((random, parts) =>
    parts.map((part) => part.replace(/^(X-Amz-Credential=)[^%]*/, `$1${random.pick(['', 'x', 'test-key2', '%00'])}`)),
  ),
  (random, { target }) => {
    const [path, query] = split(target);
    const changed = random.pick([
      ...PATHS,
      ...[
        `${path}x`,
        `${path}/`,
        path.toUpperCase(),
        path.replace('/a/', '/b/'),
        path.replace('/a/', '/%2e/'),
        `/${path}`,
      ],
      ...[path.replaceAll('a', '%61'), scratched(random, path)],
    ]);
    return { target: query ? `${changed}?${query}` : changed };
  },
  (random) => ({ method: random.pick(METHODS) }),
  (random, { body }) => ({ body: random.pick(['', `${body}x`, body.slice(1), 'x'.repeat(1000)]) }),
  withHeader((random, headers) => [anyHeader(random, headers), null]),
  withHeader((random, headers) => {
    const name = anyHeader(random, headers);
    return [name, scratched(random, headers[name] ?? '')];
  }),
  withHeader((random) => [random.pick(HEADERS), random.pick([...VALUES, anyToken(random)])]),
  withHeader((random) => {
    const forged = `AWS4-HMAC-SHA256 Credential=${anyToken(random)}, SignedHeaders=host, Signature=${'0'.repeat(64)}`;
    return ['authorization', random.pick(['AWS4-HMAC-SHA256', 'Bearer x', forged])];
  }),
];

/** Returns a signed request with one to three changes. */
export function altered(random: Random, original: SignedRequest): SignedRequest {
  let request = original;
  for (let left = random.pick([1, 1, 1, 2, 3]); left > 0; left -= 1) {
    request = { ...request, ...random.pick(CHANGES)(random, request) };
  }
  return request;
}

export function split(target: string): [path: string, query: string] {
  const mark = target.indexOf('?');
  return mark === -1 ? [target, ''] : [target.slice(0, mark), target.slice(mark + 1)];
}

function anyToken(random: Random): string {
  return encodeURIComponent(anyText(random, 16).toWellFormed());
}

/** Returns the text with one character changed, added or removed. */
function scratched(random: Random, text: string): string {
  const at = random.int(0, text.length);
  const special = ['0', 'a', 'A', '%', '%00', '%2F', '/', '+', '&', '=', ';', '~', '%ff', '%F0%9F%98%80', '\t', ''];
  return text.slice(0, at) + random.pick(special) + text.slice(at + random.int(0, 2));
}
