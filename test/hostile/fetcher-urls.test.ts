import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkSourceUrl, type SourceUrlOptions } from '../../src/fetcher/index.ts';
import { anyCharacter } from '../../testkit/any-character.ts';

const rules: SourceUrlOptions = { allow: [], ports: [80, 443] };
const accepted = (url: string, options = rules) => checkSourceUrl(url, options).ok;

/** Non-public IPv4 addresses from every special range. */
const PRIVATE_V4 = [
  ...['0.0.0.0', '0.0.0.1', '10.0.0.1', '10.255.255.255', '100.64.0.1', '100.100.100.200', '127.0.0.1', '127.8.8.8'],
  ...['168.63.129.16', '169.254.169.254', '169.254.170.2', '172.16.0.1', '172.31.255.254', '192.0.0.192', '192.0.2.9'],
  ...['192.168.1.1', '198.18.0.1', '198.51.100.7', '203.0.113.7', '224.0.0.251', '240.0.0.1', '255.255.255.255'],
];

/** Notations that some URL parser or C library accepts for one IPv4 address. */
function notations(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  const complete = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const high = ((a << 8) | b).toString(16);
  const low = ((c << 8) | d).toString(16);
  const fullwidth = address.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));
  return [
    address,
    `${address}.`,
    String(complete),
    `0x${complete.toString(16)}`,
    `0${complete.toString(8)}`,
    `${a}.${(b << 16) | (c << 8) | d}`,
    `${a}.${b}.${(c << 8) | d}`,
    [a, b, c, d].map((octet) => `0x${octet.toString(16)}`).join('.'),
    [a, b, c, d].map((octet) => `0${octet.toString(8)}`).join('.'),
    `0x${a.toString(16)}.${b}.0${c.toString(8)}.${d}`,
    address.replaceAll('.', '。'),
    address.replaceAll('.', '．'),
    address.replaceAll('.', '｡'),
    fullwidth,
    address.replace(/\d/g, (digit) => `%3${digit}`),
    address.replaceAll('.', '%2e'),
    `[::ffff:${address}]`,
    `[::ffff:${high}:${low}]`,
    `[0:0:0:0:0:FFFF:${high}:${low}]`,
    `[::${high}:${low}]`,
    `[64:ff9b::${high}:${low}]`,
    `[64:ff9b:1::${high}:${low}]`,
    `[2002:${high}:${low}::1]`,
    `[2001:0:${high}:${low}::]`,
  ];
}

const LITERALS = PRIVATE_V4.flatMap(notations);

const HOSTS = [
  ...['[::]', '[::1]', '[0:0:0:0:0:0:0:1]', '[fe80::1]', '[fec0::1]', '[fc00::1]', '[fd00:ec2::254]', '[ff02::1]'],
  ...['[100::1]', '[2001:db8::1]', '[2001:2::1]', '[3fff::1]', '[5f00::1]', '[4000::1]', '[fe80::1%25eth0]'],
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'ｌｏｃａｌｈｏｓｔ', 'loc%61lhost', 'ⓛⓞⓒⓐⓛⓗⓞⓢⓣ'],
  ...['metadata', 'metadata.google.internal', 'metadata.google.internal.', 'printer.local', 'db.internal', 'nas.lan'],
  ...['router.home.arpa', 'kubernetes.default.svc.cluster.local', 'abc.onion', 'host.docker.internal', 'x.invalid'],
];

const SHAPES = [
  ...[
    '',
    ' ',
    'https',
    'https:',
    'https://',
    'https:///',
    'https://?',
    'https://#',
    'http://.',
    'http://..',
    '//a.com/',
  ],
  ...[
    '/etc/passwd',
    'example.com',
    'example.com:80/',
    'https:example.com/',
    'https:/example.com/',
    'https:\\\\a.com\\',
  ],
  ...['https://a.com\\@127.0.0.1/', 'https://127.0.0.1\\@a.com/', 'http:///127.0.0.1/', 'http:127.0.0.1'],
  ...['file:///etc/passwd', 'file://a.com/x', 'ftp://a.com/', 'gopher://a.com/', 'data:video/mp4,x', 'javascript:1'],
  ...['concat:a|b', 'subfile:a', 'pipe:0', 'rtmp://a.com/', 'rtsp://a.com/', 'hls+https://a.com/', 'tcp://a.com:80'],
  ...[
    'ws://a.com/',
    'wss://a.com/',
    's3://bucket/x',
    'gs://bucket/x',
    'blob:https://a.com/',
    'view-source:https://a.com',
  ],
  ...['https://user@a.com/', 'https://user:pass@a.com/', 'https://:pass@a.com/', 'https://@a.com/', 'https://a.com@/'],
  ...['https://a.com:443@127.0.0.1/', 'https://127.0.0.1:443@a.com/', 'https://a.com%40b.com/', 'https://a@b@c.com/'],
  ...['https://a.com:22/', 'https://a.com:8080/', 'https://a.com:0/', 'https://a.com:65536/', 'https://a.com:-1/'],
  ...['http://a.com:6379/', 'http://a.com:25/', 'http://8.8.8.8:8080/', 'http://[2606:4700::1111]:22/'],
  ...[
    ' https://a.com/',
    'https://a.com/ ',
    'https://a.com/\n',
    'https://a\n.com/',
    'ht\ttps://a.com/',
    '\u0000https://a.com',
  ],
  ...['https://a.com/x\r\nHost: b', 'https://a.com/\u0000', 'https://a .com/', 'https://a<b.com/', 'https://a|b.com/'],
  ...[
    'https://a..com/',
    'https://.a.com/',
    'https://a*b.com/',
    "https://a'b.com/",
    'https://a!b.com/',
    'https://a,b.com/',
  ],
  ...[`https://${'a'.repeat(64)}.com/`, `https://${'a.'.repeat(130)}com/`, `https://a.com/${'x'.repeat(9000)}`],
  ...[
    'https://[a.com]/',
    'https://[::1/',
    'https://::1/',
    'https://[::1]a/',
    'https://[1.2.3.4]/',
    'https://256.1.1.1/',
  ],
  ...['https://1.2.3.4.5/', 'https://0x1ffffffff/', 'https://1.2.3.0x1ff/', 'https://08.8.8.8/', 'https://a.0x7f/'],
];

describe('URLs of sources', () => {
  const urls = [
    ...LITERALS.flatMap((host) => [`http://${host}/a.mp4`]),
    ...HOSTS.map((host) => `https://${host}/a.mp4`),
  ];

  it('are rejected if their host is private, in more than 500 notations', () => {
    expect(urls.length).toBeGreaterThan(500);
    expect(urls.filter((url) => accepted(url))).toEqual([]);
  });

  it('are rejected for a private host with ports, upper-case schemes, queries and fragments as well', () => {
    const decorated = [...PRIVATE_V4, ...HOSTS].flatMap((host) => [
      `HTTP://${host}:80/`,
      `hTTps://${host}?https://a.com/`,
      `http://${host}#@a.com/`,
      `http://${host}:443/../../a.com`,
    ]);
    expect(decorated.filter((url) => accepted(url))).toEqual([]);
  });

  it.each(SHAPES)('are rejected for their shape: %j', (url) => {
    const result = checkSourceUrl(url, rules);
    expect(result).toEqual({ ok: false, reason: expect.stringMatching(/^[A-Z].*\.$/) });
  });

  it.each([
    ...['https://example.com/a.mp4', 'http://example.com/', 'https://example.com', 'https://example.com:443/a b.mp4'],
    ...['http://example.com:443/', 'https://8.8.8.8/a.mp4', 'https://[2606:4700:4700::1111]/', 'https://example.com./'],
    ...[
      'https://bucket.s3.amazonaws.com/a%20b.mp4?X-Amz-Signature=abc&x=%2F',
      'https://a.com/x@y:z',
      'https://a.com?u=a@b',
    ],
    ...['https://bücher.example.com/ü.mp4#t=10', 'https://under_score.example.com/', 'HTTPS://EXAMPLE.COM/A'],
    ...['https://127.0.0.1.example.com/', 'https://localhost.example.com/', 'https://a.com/\\x', 'https://10.example/'],
  ])('are accepted if they are ordinary: %s', (url) => expect(checkSourceUrl(url, rules)).toMatchObject({ ok: true }));

  it('URLs of sources with a private address are accepted if the operator allows the address, on any port and in any notation', () => {
    const options = { allow: ['127.0.0.1/32', '10.1.0.0/16', 'fd00::/8'], ports: [443] };
    for (const host of ['127.0.0.1:9000', '2130706433:1', '10.1.2.3:8080', '[fd00::1]:99', '[::ffff:10.1.0.1]:5']) {
      expect([host, accepted(`http://${host}/x`, options)]).toEqual([host, true]);
    }
    for (const host of ['127.0.0.2:9000', '10.2.0.1', '[::1]', '[fc00::1]', '169.254.169.254', '8.8.8.8:8080']) {
      expect([host, accepted(`http://${host}/x`, options)]).toEqual([host, false]);
    }
  });

  it('URLs of sources with the name localhost are accepted only if a loopback address is allowed', () => {
    for (const [allow, ok] of [
      [['127.0.0.1/32'], true],
      [['::1'], true],
      [['127.0.0.0/8'], true],
      [['10.0.0.0/8'], false],
      [['127.0.0.2'], false],
    ] as const) {
      expect(accepted('http://localhost:8080/', { ...rules, allow })).toBe(ok);
    }
  });

  it('URLs of sources with another name are checked only at the connection if any range is allowed', () => {
    expect(accepted('http://minio:9000/x', { allow: ['10.0.0.0/8'], ports: [443] })).toBe(true);
  });

  it('URLs of sources on the default port of http are rejected if only port 443 is allowed', () => {
    expect(accepted('http://example.com/', { ...rules, ports: [443] })).toBe(false);
  });

  it('never cause the check to throw, and an accepted URL is accepted again in its normalized form', () => {
    const text = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.webUrl({ withQueryParameters: true, withFragments: true }),
      fc.string({ unit: anyCharacter }).map((rest) => `https://${rest}`),
      fc.tuple(fc.ipV4Extended(), fc.string()).map(([host, rest]) => `http://${host}/${rest}`),
      fc.ipV6().map((host) => `http://[${host}]/`),
    );
    fc.assert(
      fc.property(text, (url) => {
        const result = checkSourceUrl(url, rules);
        if (!result.ok) return /^[A-Z].*\.$/.test(result.reason);
        return /^https?:$/.test(result.url.protocol) && result.url.username === '' && accepted(result.url.href);
      }),
      { numRuns: 2000 },
    );
  });
});
