/** IPv4 addresses from every non-public range, by name of the range. */
const SPECIAL_V4: Record<string, string[]> = {
  'this network': ['0.0.0.0', '0.0.0.1', '0.255.255.255'],
  private: ['10.0.0.1', '10.255.255.255', '172.16.0.1', '172.31.255.254', '192.168.0.1', '192.168.255.254'],
  'carrier-grade NAT': ['100.64.0.1', '100.100.100.200', '100.127.255.254'],
  loopback: ['127.0.0.1', '127.0.0.53', '127.1.2.3', '127.255.255.254'],
  'link-local': ['169.254.0.1', '169.254.169.254', '169.254.170.2', '169.254.255.254'],
  'cloud host': ['168.63.129.16'],
  protocols: ['192.0.0.1', '192.0.0.192', '192.88.99.1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1'],
  benchmarking: ['198.18.0.1', '198.19.255.254'],
  multicast: ['224.0.0.1', '224.0.0.251', '239.255.255.250'],
  reserved: ['240.0.0.1', '250.1.2.3', '255.255.255.254', '255.255.255.255'],
};

/** Non-public IPv6 addresses, by name of the range. */
const SPECIAL_V6: Record<string, string[]> = {
  unspecified: ['::', '0:0:0:0:0:0:0:0', '::0'],
  loopback: ['::1', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001', '::0001'],
  'unique local': ['fc00::1', 'fd00::1', 'fd00:ec2::254', 'fdff:ffff::1'],
  'link-local': ['fe80::1', 'fe80::a9fe:a9fe', 'febf::1'],
  'site-local': ['fec0::1', 'feff::1'],
  multicast: ['ff01::1', 'ff02::1', 'ff05::2', 'ff0e::1'],
  discard: ['100::1'],
  documentation: ['2001:db8::1', '3fff::1'],
  benchmarking: ['2001:2::1'],
  ORCHID: ['2001:10::1', '2001:20::1'],
  'segment routing': ['5f00::1'],
  unassigned: ['4000::1', '8000::1', 'e000::1', '1::1'],
};

const FULL_WIDTH = (text: string): string =>
  text.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)));

/** Returns spellings that some URL parser or C library accepts for an IPv4 address. */
function spellingsOf(address: string): string[] {
  const [a, b, c, d] = address.split('.').map(Number) as [number, number, number, number];
  const complete = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const octal = (value: number): string => `0${value.toString(8)}`;
  const hex = (value: number): string => `0x${value.toString(16)}`;
  const high = ((a << 8) | b).toString(16);
  const low = ((c << 8) | d).toString(16);
  return [
    address,
    `${address}.`,
    String(complete),
    `${complete}.`,
    hex(complete),
    hex(complete).toUpperCase().replace('0X', '0x'),
    `0x0000${complete.toString(16)}`,
    octal(complete),
    `000${octal(complete)}`,
    `${a}.${(b << 16) | (c << 8) | d}`,
    `${a}.${b}.${(c << 8) | d}`,
    [a, b, c, d].map(hex).join('.'),
    [a, b, c, d].map(octal).join('.'),
    `${hex(a)}.${b}.${octal(c)}.${d}`,
    `${octal(a)}.${hex((b << 16) | (c << 8) | d)}`,
    [a, b, c, d].map((octet) => String(octet).padStart(4, '0')).join('.'),
    address.replaceAll('.', '。'),
    address.replaceAll('.', '．'),
    address.replaceAll('.', '｡'),
    FULL_WIDTH(address),
    FULL_WIDTH(address).replaceAll('.', '．'),
    address.replace(/\d/g, (digit) => `%3${digit}`),
    address.replaceAll('.', '%2e'),
    address.replaceAll('.', '%E3%80%82'),
    `[::ffff:${address}]`,
    `[::FFFF:${high}:${low}]`,
    `[0:0:0:0:0:ffff:${high}:${low}]`,
    `[::ffff:0:${high}:${low}]`,
    `[::${address}]`,
    `[::${high}:${low}]`,
    `[64:ff9b::${address}]`,
    `[64:ff9b::${high}:${low}]`,
    `[64:ff9b:1::${high}:${low}]`,
    `[2002:${high}:${low}::1]`,
    `[2001:0:${high}:${low}::]`,
    `[2001::ffff:ffff:${(Number.parseInt(high, 16) ^ 0xffff).toString(16)}:${(Number.parseInt(low, 16) ^ 0xffff).toString(16)}]`,
    `[fe80::5efe:${high}:${low}]`,
  ];
}

export interface HostileHost {
  kind: string;
  /** Host as written in a URL. */
  host: string;
}

/** Returns more than a thousand hosts that must never be reached. */
export function hostileHosts(): HostileHost[] {
  return [
    ...Object.entries(SPECIAL_V4).flatMap(([range, addresses]) =>
      addresses.flatMap(spellingsOf).map((host) => ({ kind: `IPv4 ${range}`, host })),
    ),
    ...Object.entries(SPECIAL_V6).flatMap(([range, addresses]) =>
      addresses.map((address) => ({ kind: `IPv6 ${range}`, host: `[${address}]` })),
    ),
    ...['[fe80::1%25lo]', '[fe80::1%lo]', '[::1%25lo]', '[::1%lo]'].map((host) => ({ kind: 'IPv6 zone', host })),
    ...[
      'localhost',
      'LOCALHOST',
      'localhost.',
      'x.localhost',
      'ｌｏｃａｌｈｏｓｔ',
      'loc%61lhost',
      'ⓛocalhost',
      '0',
      '127.1',
      '127.0.1',
      '0x7f.1',
      '017700000001',
    ].map((host) => ({ kind: 'loopback by name', host })),
    ...[
      'metadata.google.internal',
      'metadata',
      'db.local',
      'nas.lan',
      'router.home.arpa',
      'a.onion',
      'x.invalid',
      'y.intranet',
    ].map((host) => ({ kind: 'private name', host })),
  ];
}

/** Returns URLs that disguise their destination. `ok.example.com` is a public source in the namespace. */
export function trickUrls(): string[] {
  const inside = ['127.0.0.1', '169.254.169.254', '[::1]'];
  return inside.flatMap((host) => [
    `http://ok.example.com@${host}/`,
    `http://ok.example.com:80@${host}/`,
    `http://ok.example.com%40${host}/`,
    `http://user:pass@${host}/`,
    `http://@${host}/`,
    `http://${host}@ok.example.com/`,
    `http://${host}\\@ok.example.com/`,
    `http://ok.example.com\\@${host}/`,
    `http:\\\\${host}\\`,
    `http:/${host}/`,
    `http:${host}/`,
    `http:////${host}/`,
    `//${host}/`,
    `http://${host}:80#@ok.example.com/`,
    `http://${host}?@ok.example.com/`,
    `http://${host}/..//ok.example.com`,
    `ht\ttp://${host}/`,
    `http://\t${host}/`,
    `http://${host.slice(0, 3)}\n${host.slice(3)}/`,
    `\u0000http://${host}/`,
    ` http://${host}/`,
    `http://${host}/\r\nHost: ok.example.com`,
    `http://${host}:22/`,
    `http://${host}:0/`,
    `http://${host}:65536/`,
    `http://${host}:080/`,
    `http://ok.example.com:${host}/`,
    `file://${host}/etc/passwd`,
    `ftp://${host}/`,
    `gopher://${host}:80/_GET`,
    `ws://${host}/`,
    `tcp://${host}:80`,
    `rtmp://${host}/a`,
    `hls+http://${host}/`,
    `concat:http://${host}/`,
    `jar:http://${host}!/`,
    `dict://${host}:80/`,
    `ldap://${host}:80/`,
    `view-source:http://${host}/`,
    `blob:http://${host}/`,
    `data:video/mp4;base64,AAAA#http://${host}/`,
  ]);
}
