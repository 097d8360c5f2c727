import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { createFetcher, type FetchError } from '../../../src/fetcher/index.ts';
import { listen, tcpServer } from '../../../testkit/servers.ts';
import { startDns } from './dns-server.ts';
import { serveSource } from './hostile-sources.ts';
import { dnsTable, GOOD_URLS, hostileRows, PUBLIC, type Row } from './rows.ts';

// Runs in the namespace, where every address belongs to this machine. Its listeners therefore see every connection.

const PORTS = [80, 443, 22, 25, 2375, 3306, 5432, 6379, 8080, 9200];
const CONCURRENCY = 24;
const canary: string[] = [];

export interface NamespaceReport {
  rows: number;
  kinds: number;
  /** Rows with an unexpected result. */
  wrong: string[];
  /** Connections that reached a non-public address. */
  canary: string[];
  /** Connections of an unguarded client that reached a target, which shows that the canary works. */
  heard: string[];
  good: string[];
  growthMiB: number;
  leftFiles: number;
  seconds: number;
}

const { cert, private: key } = await generate([{ name: 'commonName', value: 'ok.example.com' }], {
  keyType: 'ec',
  algorithm: 'sha256',
  extensions: [
    { name: 'basicConstraints', cA: true },
    { name: 'subjectAltName', altNames: [{ type: 2, value: 'ok.example.com' }] },
  ],
});
const secureContext = createSecureContext({ cert, key });

function onConnection(socket: Socket, port: number): void {
  const address = (socket.localAddress ?? '').replace(/^::ffff:/, '');
  if (!PUBLIC.includes(address) || (port !== 80 && port !== 443)) {
    canary.push(`${address}:${port}`);
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret');
  } else if (port === 443) serveSource(new TLSSocket(socket, { isServer: true, secureContext }));
  else serveSource(socket);
}

await startDns('127.0.0.53', dnsTable());
for (const port of PORTS) {
  await listen(
    tcpServer((socket) => onConnection(socket, port)),
    { port, host: '::', backlog: 4096 },
  );
}

const heard = await reachPlainly([
  '127.0.0.1',
  '10.0.0.1',
  '169.254.169.254',
  '168.63.129.16',
  '[::1]',
  '[fd00:ec2::254]',
  '[64:ff9b::7f00:1]',
]);
canary.length = 0;

const folder = mkdtempSync(join(tmpdir(), 'airlock-fetch-net-'));
const patient = createFetcher({ allow: [], ports: [80, 443], maxBytes: 2_000_000, deadlineMs: 60_000, ca: cert });
/** A fetcher with short limits, only for tar pits. On a busy machine, short limits would cause timeouts of other attacks too. */
const hasty = createFetcher({
  allow: [],
  ports: [80, 443],
  maxBytes: 2_000_000,
  deadlineMs: 4000,
  minBytesPerSecond: 10_000,
  rateWindowMs: 500,
  headersTimeoutMs: 1000,
  ca: cert,
});
const good: string[] = [];
for (const [index, url] of GOOD_URLS.entries()) {
  const result = await patient.download(url, join(folder, `good-${index}`)).catch((error: FetchError) => error);
  good.push('bytes' in result ? `${result.bytes} bytes` : `${url}: ${result.code} ${result.message}`);
  rmSync(join(folder, `good-${index}`), { force: true });
}

const rows = hostileRows();
const wrong: string[] = [];
const started = performance.now();
globalThis.gc?.();
const before = process.memoryUsage.rss();
const queue = rows.map((row, index) => ({ row, index }));
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await run(next.row, next.index);
  }),
);
globalThis.gc?.();

const report: NamespaceReport = {
  rows: rows.length,
  kinds: new Set(rows.map(({ kind }) => kind)).size,
  wrong,
  canary: [...new Set(canary)],
  heard,
  good,
  growthMiB: Math.round((process.memoryUsage.rss() - before) / 2 ** 20),
  leftFiles: readdirSync(folder).length,
  seconds: (performance.now() - started) / 1000,
};
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));

async function run({ kind, url, codes, orBytes }: Row, index: number): Promise<void> {
  const path = join(folder, String(index));
  const fetcher = codes.includes('source_timeout') ? hasty : patient;
  const seen = await fetcher.download(url, path).then(
    ({ bytes }) => bytes,
    (error: FetchError) => error.code ?? String(error),
  );
  rmSync(path, { force: true });
  if (typeof seen === 'number' ? seen !== orBytes : !codes.includes(seen)) {
    wrong.push(`${kind}: ${JSON.stringify(url)}: ${seen}, not ${codes.join(' or ')}`);
  }
}

/** Sends requests with an unguarded client. Returns the connections that arrived, which shows that the canary works. */
async function reachPlainly(hosts: string[]): Promise<string[]> {
  for (const host of hosts) {
    await new Promise<void>((done) => {
      get(`http://${host}/`, (response) => response.resume().on('end', done)).on('error', () => done());
    });
  }
  return [...canary];
}
