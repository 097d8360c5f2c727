import type { ZoneSource } from './dns-server.ts';
import { hostileHosts, trickUrls } from './hostile-hosts.ts';
import { HOSTILE_SOURCES } from './hostile-sources.ts';

/** Addresses in the namespace that represent the internet. */
export const PUBLIC_V4 = '93.184.215.14';
export const PUBLIC_V6 = '2606:2800:21f:cb07::14';
export const PUBLIC = [PUBLIC_V4, '8.8.8.8', PUBLIC_V6];
const OK = 'ok.example.com';

export interface Row {
  kind: string;
  url: string;
  /** Allowed error codes. */
  codes: string[];
  /** Exact number of bytes, if a success is allowed as well. */
  orBytes?: number;
}

/** Alternates between two responses with every query. */
const flip =
  (first: string[], second: string[]): ZoneSource =>
  (asked) => ({ a: asked % 2 === 0 ? first : second, aaaa: [] });

/** Hostile names, with the allowed results. */
const NAMES: Record<string, { zone: ZoneSource; codes: string[]; orBytes?: number }> = {
  ...Object.fromEntries(
    [
      ...[
        '0.0.0.0',
        '10.0.0.1',
        '100.64.0.1',
        '127.0.0.1',
        '127.0.0.53',
        '169.254.169.254',
        '168.63.129.16',
        '172.16.0.1',
      ],
      ...['192.0.0.192', '192.168.1.1', '198.18.0.1', '203.0.113.1', '224.0.0.251', '240.0.0.1', '255.255.255.255'],
    ].flatMap((address, index) => [
      [`a${index}`, { zone: { a: [address] }, codes: ['source_refused'] }],
      [`mixed-first${index}`, { zone: { a: [address, PUBLIC_V4] }, codes: ['source_refused'] }],
      [`mixed-last${index}`, { zone: { a: [PUBLIC_V4, '8.8.8.8', address] }, codes: ['source_refused'] }],
    ]),
  ),
  ...Object.fromEntries(
    [
      ...[
        '::',
        '::1',
        '::127.0.0.1',
        '::ffff:127.0.0.1',
        '::ffff:169.254.169.254',
        '::ffff:10.0.0.1',
        '64:ff9b::7f00:1',
      ],
      ...[
        '64:ff9b:1::a9fe:a9fe',
        '2002:7f00:1::1',
        '2001:0:7f00:1::',
        'fc00::1',
        'fd00:ec2::254',
        'fe80::1',
        'fec0::1',
      ],
      ...['ff02::1', '100::1', '2001:db8::1', '3fff::1', '5f00::1', '4000::1'],
    ].flatMap((address, index) => [
      [`aaaa${index}`, { zone: { aaaa: [address] }, codes: ['source_refused'] }],
      [`split${index}`, { zone: { a: [PUBLIC_V4], aaaa: [address] }, codes: ['source_refused'] }],
    ]),
  ),
  many: {
    zone: { a: [...Array.from({ length: 24 }, (_, index) => `8.8.${index}.8`), '10.0.0.1'] },
    codes: ['source_refused'],
  },
  'alias-to-loopback': { zone: { cname: 'localhost' }, codes: ['source_refused', 'source_unreachable'] },
  'alias-to-private': { zone: { cname: 'a1.example.com' }, codes: ['source_refused'] },
  'alias-chain': { zone: { cname: 'link1.example.com' }, codes: ['source_refused', 'source_unreachable'] },
  ...Object.fromEntries(
    Array.from({ length: 8 }, (_, index) => [
      `link${index + 1}`,
      {
        zone: index === 7 ? { a: ['169.254.169.254'] } : { cname: `link${index + 2}.example.com` },
        codes: ['source_refused', 'source_unreachable'],
      },
    ]),
  ),
  'alias-to-itself': {
    zone: { cname: 'alias-to-itself.example.com' },
    codes: ['source_unreachable', 'source_refused'],
  },
  'other-question': {
    zone: { a: ['127.0.0.1'], fault: 'other question' },
    codes: ['source_unreachable', 'source_refused'],
  },
  nobody: { zone: {}, codes: ['source_unreachable'] },
  broken: { zone: { fault: 'servfail' }, codes: ['source_unreachable'] },
  garbage: { zone: { fault: 'garbage' }, codes: ['source_unreachable', 'source_timeout'] },
  silent: { zone: { fault: 'silent' }, codes: ['source_unreachable', 'source_timeout'] },
  // Rebinding: the fetcher connects to the address that it has checked, so only the public address may be reached.
  ...Object.fromEntries(
    ['127.0.0.1', '169.254.169.254', '10.0.0.1'].flatMap((address, index) => [
      [`rebind-late${index}`, { zone: flip([PUBLIC_V4], [address]), codes: ['source_refused'], orBytes: 5 }],
      [`rebind-early${index}`, { zone: flip([address], [PUBLIC_V4]), codes: ['source_refused'], orBytes: 5 }],
    ]),
  ),
};

export function dnsTable(): Record<string, ZoneSource> {
  return {
    [OK]: { a: [PUBLIC_V4] },
    'six.example.com': { aaaa: [PUBLIC_V6] },
    ...Object.fromEntries(Object.entries(NAMES).map(([name, { zone }]) => [`${name}.example.com`, zone])),
  };
}

/** URLs that must succeed. Without them, a fetcher that rejects everything would pass. */
export const GOOD_URLS = [
  `http://${OK}/`,
  `http://${PUBLIC_V4}/`,
  `http://six.example.com/`,
  `http://${OK}/hops/3`,
  `https://${OK}/`,
];

const REJECTED = ['source_refused'];
/** Targets of redirects from a public source. */
const REDIRECT_TARGETS = [
  '//127.0.0.1/',
  '//169.254.169.254/latest',
  'http:/\\/10.0.0.1/',
  '\\\\10.0.0.1\\',
  'file:///etc/passwd',
  'ftp://127.0.0.1/',
  'gopher://127.0.0.1/',
  'data:,x',
  'http://ok.example.com@127.0.0.1/',
  'http://127.0.0.1:22/',
  'http://ok.example.com:22/',
  through('http://127.0.0.1/'),
  'http://a1.example.com/',
  'http://rebind-early0.example.com/',
  'javascript:alert(1)',
];

/** Returns every attack. Some are made twice: directly, and through a redirect of a public source. */
export function hostileRows(): Row[] {
  return [...hostRows(), ...redirectRows(), ...portRows(), ...nameRows(), ...sourceRows()];
}

/** Returns the URL of a public source that redirects to this target. */
function through(to: string, status = 302, scheme = 'http'): string {
  return `${scheme}://${OK}/to/${status}/${encodeURIComponent(to)}`;
}

function hostRows(): Row[] {
  const hosts = hostileHosts();
  return [
    ...hosts.map(({ kind, host }) => ({ kind, url: `http://${host}/`, codes: REJECTED })),
    ...hosts
      .filter((_, index) => index % 7 === 0)
      .map(({ kind, host }) => ({ kind: `${kind}, https`, url: `https://${host}/`, codes: REJECTED })),
    ...trickUrls().map((url) => ({ kind: 'URL that lies', url, codes: REJECTED })),
  ];
}

function redirectRows(): Row[] {
  return [
    ...hostileHosts()
      .filter((_, index) => index % 3 === 0)
      .map(({ kind, host }, index) => ({
        kind: `redirect to ${kind}`,
        url: through(`http://${host}/`, [301, 302, 303, 307, 308][index % 5]),
        codes: ['source_refused', 'source_error'],
      })),
    ...REDIRECT_TARGETS.map((to) => ({
      kind: 'redirect that lies',
      url: through(to),
      codes: ['source_refused', 'source_error'],
      ...(to.includes('rebind') ? { orBytes: 5 } : {}),
    })),
    { kind: 'https to http', url: through(`http://${OK}/`, 302, 'https'), codes: REJECTED },
    { kind: 'https to http, private', url: through('http://127.0.0.1/', 302, 'https'), codes: REJECTED },
    { kind: 'many hops', url: `http://${OK}/hops/4`, codes: ['source_error'] },
    { kind: 'many hops', url: `http://${OK}/hops/50`, codes: ['source_error'] },
  ];
}

function portRows(): Row[] {
  const ports = [22, 25, 53, 2375, 3306, 5432, 6379, 8080, 9200];
  return ports.map((port) => ({ kind: 'port', url: `http://${OK}:${port}/`, codes: REJECTED }));
}

function nameRows(): Row[] {
  return Object.entries(NAMES).flatMap(([name, { zone: _zone, ...allowed }]) => {
    // Repeats names that rebind, because the order of the responses varies.
    const repeats = allowed.orBytes === undefined ? 1 : 6;
    const kind = `name ${name.replace(/\d+$/, '')}`;
    return Array.from({ length: repeats }, () => ({ kind, url: `http://${name}.example.com/`, ...allowed }));
  });
}

function sourceRows(): Row[] {
  return Object.entries(HOSTILE_SOURCES).map(([path, { codes, orBytes }]) => ({
    kind: 'source',
    url: `http://${OK}/${path}`,
    codes,
    ...(orBytes === undefined ? {} : { orBytes }),
  }));
}
