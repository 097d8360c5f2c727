import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientRequestArgs, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attack, UPLOAD_BYTES } from '../../testkit/attacks/connections.ts';
import { makeClip } from '../../testkit/media.ts';
import type { Counts } from '../lib/attack-process.ts';
import { memoryOf } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

const IDLE = 5000;
const TRICKLING = 1000;
/** Maximum number of open upload URLs of an account. The attacker leaves one URL for the rounds. */
const URLS = 100;
const ROUNDS = 200;
const JOBS = 10;
/** Minimum duration of the attack in milliseconds, long enough for every time-out of the listeners to expire several times. */
const LEAST_MS = 45_000;
const P99_MS = 100;

/**
 * Measures a usual client while one address opens as many connections as it can on both ports, with signed URLs of a key, and reconnects
 * when they are closed.
 */
export async function connections(options: CaseOptions): Promise<CaseResult> {
  const bench = await openBench({ AIRLOCK_WORKER_SLOTS: '1' });
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  try {
    options.progress(`${ROUNDS} rounds of a usual client alone`);
    const clip = await bench.upload(await makeClip(join(folder, 'clip.mp4')));
    const small = { inputs: [{ url: clip }], outputFormat: 'mp4' };
    const download = await downloadUrl(bench, small);
    const alone = await rounds(bench, download, 0);
    const rss = () => memoryOf(bench.service.pids('gateway')).map((one) => one.rss)[0]!;
    const before = rss();

    options.progress(`${IDLE} idle and ${TRICKLING} trickling connections at each port`);
    const attacker = await startAttacker(await attacks(bench, folder));
    options.progress('the same during the attack');
    const jobs = Array.from({ length: JOBS }, () => bench.create(small));
    const alongside = await rounds(bench, download, LEAST_MS);
    // Throws if a job does not complete.
    for (const job of jobs) await bench.completed((await job).id);
    const counts = await attacker.counts();
    const after = rss();
    attacker.end();
    return {
      rows: [
        ...rowsOf(alone, 'alone', null),
        ...rowsOf(alongside, 'during the attack', P99_MS),
        ...sums({ counts, before, after }),
      ],
      raw: { alone, alongside, counts, before, after },
    };
  } finally {
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Latencies = Record<'list' | 'presign' | 'put' | 'get', number[]>;

/**
 * Sends the requests of a usual client, and returns their latencies. Each request uses a new connection, as the request of a new client
 * does.
 */
async function rounds(bench: Bench, download: string, leastMs: number): Promise<Latencies> {
  const ms: Latencies = { list: [], presign: [], put: [], get: [] };
  const timed = async (name: keyof Latencies, asked: () => Promise<string>) => {
    const began = performance.now();
    const text = await asked();
    ms[name].push(performance.now() - began);
    return text;
  };
  const authorization = `Bearer ${bench.service.key}`;
  const body = 'x'.repeat(1000);
  const file = JSON.stringify({ filename: 'small.mp4', contentType: 'video/mp4', fileSize: body.length });
  // With the same idempotency key, the API returns the same response each time, so that no round uses up the upload URLs of the account.
  const json = { authorization, 'content-type': 'application/json', 'idempotency-key': 'rounds' };
  const { api } = bench.service;
  const end = performance.now() + leastMs;
  while (ms.list.length < ROUNDS || performance.now() < end) {
    await timed('list', () => ask(`${api}/v1/transcodes?limit=5`, { headers: { authorization } }));
    const presign = { method: 'POST', headers: json };
    const response = await timed('presign', () => ask(`${api}/v1/upload/presigned-url`, presign, file));
    const { uploadUrl } = JSON.parse(response).result;
    await timed('put', () => ask(uploadUrl, { method: 'PUT', headers: { 'content-type': 'video/mp4' } }, body));
    await timed('get', () => ask(download, {}));
  }
  return ms;
}

function ask(url: string, options: ClientRequestArgs, body = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers, 'content-length': body.length };
    const asked = request(url, { ...options, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`a normal request was answered with ${response.statusCode}: ${text.slice(0, 300)}`));
      });
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

async function downloadUrl(bench: Bench, body: object): Promise<string> {
  const { id } = await bench.completed((await bench.create(body)).id);
  return (await bench.service.call('GET', `/v1/transcodes/${id}/download`)).json.url;
}

/** Creates the resources that a key gives an attacker: open upload URLs, and an output that is too large for the kernel's buffers. */
async function attacks(bench: Bench, folder: string): Promise<Attack[]> {
  const { service } = bench;
  const noise = ['-vf', 'noise=alls=60:allf=t', '-crf', '15'];
  const large = await bench.upload(
    await makeClip(join(folder, 'large.mp4'), { seconds: 4, size: '1280x720', args: noise }),
  );
  const copy = [{ option: '-c', argument: 'copy' }];
  const get = await downloadUrl(bench, { inputs: [{ url: large }], options: copy, outputFormat: 'mp4' });
  const file = { filename: 'slow.mp4', contentType: 'video/mp4', fileSize: UPLOAD_BYTES };
  const putUrls: string[] = [];
  // One upload URL is left for the rounds.
  for (let index = 1; index < URLS; index++) {
    putUrls.push((await service.call('POST', '/v1/upload/presigned-url', file)).json.result.uploadUrl);
  }
  const each = { idle: IDLE, trickling: TRICKLING };
  return [
    { ...each, port: Number(new URL(service.storage).port), putUrls, getUrls: [get] },
    { ...each, port: Number(new URL(service.api).port) },
  ];
}

async function startAttacker(attacks: Attack[]) {
  const child = fork(join(import.meta.dirname, '..', 'lib', 'attack-process.ts'));
  const tell = async (message: Attack[] | 'counts'): Promise<Counts[]> => {
    const response = once(child, 'message', { signal: AbortSignal.timeout(120_000) });
    child.send(message);
    return (await response)[0];
  };
  await tell(attacks);
  return { counts: () => tell('counts'), end: () => child.disconnect() };
}

function rowsOf(ms: Latencies, when: string, bound: number | null) {
  const names = { list: 'list', presign: 'presign', put: 'PUT of 1 kB', get: 'download of a small output' };
  return Object.entries(names).map(([name, what]) => {
    const values = ms[name as keyof Latencies];
    const range = { min: Math.min(...values), max: Math.max(...values) };
    const row = { case: 'connections', what: `${what} ${when}, p99 of ${values.length}` };
    return bounded(row, { value: percentile(values, 0.99), ...range }, bound, 'ms');
  });
}

function sums({ counts, before, after }: { counts: Counts[]; before: number; after: number }) {
  const row = (what: string) => ({ case: 'connections', what });
  const sum = (name: keyof Counts) => counts.reduce((total, each) => total + each[name], 0);
  return [
    bounded(row('connections opened from one address'), { value: sum('opened') }, null, '', 0),
    bounded(row('of them open at the end, both ports'), { value: sum('open') }, null, '', 0),
    bounded(row('jobs made meanwhile, all completed'), { value: JOBS }, null, '', 0),
    bounded(row('RSS of the gateway, after - before'), { value: after - before }, null, 'MiB', 0),
  ];
}
