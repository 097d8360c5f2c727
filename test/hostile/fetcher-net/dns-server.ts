import { createSocket, type Socket } from 'node:dgram';

/** The response for a name: addresses of both kinds, another name, or a fault. If the source is a function, it is called for each query. */
export interface Zone {
  a?: string[];
  aaaa?: string[];
  cname?: string;
  fault?: 'silent' | 'servfail' | 'garbage' | 'other question';
}
export type ZoneSource = Zone | ((asked: number) => Zone);

const TYPE = { a: 1, cname: 5, aaaa: 28 } as const;
const RCODE = { ok: 0, servfail: 2, nxdomain: 3 } as const;

/** Starts a DNS server for tests over UDP that resolves only the names in its table, with a TTL of 0. Resolves when it listens. */
export async function startDns(host: string, table: Record<string, ZoneSource>, port = 53): Promise<Socket> {
  const server = createSocket('udp4');
  const asked = new Map<string, number>();
  server.on('message', (query, peer) => {
    const { name, end } = readName(query, 12);
    const type = query.readUInt16BE(end);
    const key = `${name}/${type}`;
    const count = asked.get(key) ?? 0;
    asked.set(key, count + 1);
    const zoneOf = (of: string): Zone | null => {
      const found = table[of];
      return typeof found === 'function' ? found(count) : (found ?? null);
    };
    const reply = respond(query, { name, type, end: end + 4 }, zoneOf);
    if (reply) server.send(reply, peer.port, peer.address);
  });
  await new Promise<void>((done, fail) => server.once('error', fail).bind(port, host, done));
  return server;
}

interface Question {
  name: string;
  type: number;
  /** Offset in the query after the question. */
  end: number;
}

/** Returns the response, or null if the server must not respond. */
function respond(query: Buffer, { name, type, end }: Question, zoneOf: (name: string) => Zone | null): Buffer | null {
  const zone = zoneOf(name);
  if (zone?.fault === 'silent') return null;
  if (zone?.fault === 'garbage') return Buffer.concat([query.subarray(0, 2), Buffer.alloc(40, 0xff)]);
  const records: Buffer[] = [];
  let at: Zone | null = zone;
  let owner = name;
  for (let hops = 0; at?.cname && hops < 20; hops += 1) {
    records.push(record(owner, TYPE.cname, encodeName(at.cname)));
    owner = at.cname;
    at = zoneOf(owner);
  }
  const addresses = type === TYPE.a ? at?.a : type === TYPE.aaaa ? at?.aaaa : undefined;
  for (const address of addresses ?? []) {
    const owned = zone?.fault === 'other question' ? 'other.example.com' : owner;
    records.push(record(owned, type, type === TYPE.a ? Buffer.from(address.split('.').map(Number)) : v6Bytes(address)));
  }
  const rcode = zone?.fault === 'servfail' ? RCODE.servfail : at || records.length > 0 ? RCODE.ok : RCODE.nxdomain;
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8580 | rcode, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, query.subarray(12, end), ...records]);
}

function record(name: string, type: number, data: Buffer): Buffer {
  const fixed = Buffer.alloc(10);
  fixed.writeUInt16BE(type, 0);
  fixed.writeUInt16BE(1, 2);
  fixed.writeUInt16BE(data.length, 8);
  return Buffer.concat([encodeName(name), fixed, data]);
}

function encodeName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function readName(query: Buffer, from: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = from;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length).toLowerCase());
    at += 1 + length;
  }
  return { name: labels.join('.'), end: at + 1 };
}

function v6Bytes(address: string): Buffer {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  const text = dotted
    ? `${dotted[1]}${((Number(dotted[2]) << 8) | Number(dotted[3])).toString(16)}:${((Number(dotted[4]) << 8) | Number(dotted[5])).toString(16)}`
    : address;
  const [head = '', tail = ''] = text.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = text.includes('::') ? new Array(8 - left.length - right.length).fill('0') : [];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...left, ...middle, ...right].entries())
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index);
  return bytes;
}
