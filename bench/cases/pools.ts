import { fork } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeClip } from '../../testkit/media.ts';
import { makeAccounts } from '../../testkit/pools/accounts.ts';
import { bucketAt, holdDeliveries, holdFetches } from '../../testkit/pools/holders.ts';
import { type Peers, startPeers } from '../../testkit/pools/peers.ts';
import { type ApiResponse, call } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import type { HeldRequests } from '../lib/holding-process.ts';
import { memoryOf } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';
import { callApi, v1Client } from '../lib/v1-client.ts';

const ACCOUNTS = [2, 6, 40];
const ROUNDS = 20;
const FETCHES = 8;
const DELIVERIES = 2;
const P99_MS = 2_000;
/** Milliseconds without a new request to a server that never responds. */
const STEADY_MS = 1_500;
/** Number of dripping fetches that must run before a round begins: the fetches of two accounts. */
const LEAST_DRIPS = 2 * FETCHES;

type Latencies = Record<'job from a URL, delivered' | 'probe' | 'new connection' | 'confirm', number[]>;

/**
 * Accounts keep places of each network pool for as long as they can: with sources that drip, with destinations that never respond, with
 * probes of a server that hangs, and with connections to buckets of that server. Meanwhile, a new account uses each pool.
 */
export async function pools({ progress, report }: CaseOptions): Promise<CaseResult> {
  // All accounts send from one address.
  const bench = await openBench({ AIRLOCK_FETCH_ALLOW: '127.0.0.1/32', AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS: '2048' });
  const folder = await mkdtemp(join(tmpdir(), 'airlock-pools-'));
  const clip = await makeClip(join(folder, 'clip.mp4'));
  const peers = await startPeers(await readFile(clip));
  const { service } = bench;
  const holders = fork(join(import.meta.dirname, '..', 'lib', 'holding-process.ts'));
  try {
    const accountOf = async (key: string) => {
      const client = v1Client((method, path, body) => callApi(`${service.api}${path}`, method, key, body));
      return { key, client, input: await client.upload(clip) };
    };
    const names = ['newcomer', ...Array.from({ length: Math.max(...ACCOUNTS) }, (_, index) => `greedy-${index}`)];
    const [own = '', ...keys] = await makeAccounts(service, names);
    const newcomer = await accountOf(own);
    const work = { service, peers, clip, ...newcomer };
    const results = [{ accounts: 0, ms: await rounds(work), rss: 0 }];
    let made = 0;
    for (const accounts of ACCOUNTS) {
      progress(`${accounts} accounts take their places`);
      const added = [];
      for (const key of keys.splice(0, accounts - made)) added.push(await accountOf(key));
      made = accounts;
      await holdDeliveries(service, added, peers, DELIVERIES);
      await holdFetches(service, added, peers, FETCHES);
      await until(() => peers.open('/drip') >= LEAST_DRIPS, { what: 'the sources to drip', timeoutMs: 120_000 });
      const requests: HeldRequests = { api: service.api, peers: peers.url, keys: added.map(({ key }) => key) };
      holders.send(requests);
      await untilKept(peers);
      progress(`a newcomer with ${accounts} greedy accounts`);
      const ms = await rounds(work);
      const rss = memoryOf(service.pids('worker')).map((one) => one.rss)[0]!;
      results.push({ accounts, ms, rss });
      report(`${accounts} accounts kept ${peers.open('/drip')} fetches and ${heldPlaces(peers)} other places`);
    }
    return { rows: results.flatMap(rowsOf), raw: { results } };
  } finally {
    holders.disconnect();
    await bench.close();
    await peers.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Returns the number of requests to servers that never respond. */
function heldPlaces(peers: Peers): number {
  return peers.open('/hang') + peers.open('/silent');
}

/**
 * Waits until the accounts have the places that they can get. Their first requests arrive together: one API process creates about 200 jobs
 * a second, so the burst itself delays every request.
 */
async function untilKept(peers: Peers): Promise<void> {
  let kept = -1;
  let since = 0;
  const isSteady = () => {
    const now = heldPlaces(peers);
    if (now !== kept) since = performance.now();
    kept = now;
    return kept > 0 && performance.now() - since > STEADY_MS;
  };
  await until(isSteady, { what: 'the accounts to keep their places', timeoutMs: 120_000 });
}

interface Newcomer {
  service: { api: string };
  peers: Peers;
  clip: string;
  key: string;
  client: { upload(path: string): Promise<string> };
}

async function rounds({ service, peers, clip, key, client }: Newcomer): Promise<Latencies> {
  const ms: Latencies = { 'job from a URL, delivered': [], probe: [], 'new connection': [], confirm: [] };
  const ask = (method: string, path: string, body?: unknown) => call(`${service.api}${path}`, method, key, body);
  const timed = async (name: keyof Latencies, work: () => Promise<unknown>) => {
    const began = performance.now();
    await work();
    ms[name].push(performance.now() - began);
  };
  for (let round = 0; round < ROUNDS; round++) {
    await timed('probe', async () =>
      expectStatus(await ask('POST', '/v1/probe', { url: `${peers.url}/file/probe` }), 200),
    );
    // The bucket rejects the test, which shows that a worker has run the test.
    const bucket = bucketAt(`${peers.url}/deny`, `new-${round}`);
    await timed('new connection', async () => expectStatus(await ask('POST', '/v1/connections', bucket), 422));
    await timed('confirm', () => client.upload(clip));
    await timed('job from a URL, delivered', async () => {
      const destination = { url: `${peers.url}/file/output` };
      const body = { inputs: [{ url: `${peers.url}/file/source` }], outputFormat: 'mp3', destination };
      const { id } = (await ask('POST', '/v1/transcodes', body)).json;
      const { json } = await ask('GET', `/v1/transcodes/${id}?wait=60`);
      if (json.outputs?.[0]?.destination?.status !== 'delivered') throw new Error(JSON.stringify(json));
    });
  }
  return ms;
}

function expectStatus(response: ApiResponse, status: number): void {
  if (response.status !== status) throw new Error(`expected ${status}, got ${response.status}: ${response.text}`);
}

function rowsOf({ accounts, ms, rss }: { accounts: number; ms: Latencies; rss: number }) {
  const company = accounts === 0 ? 'alone' : `with ${accounts} greedy accounts`;
  const rows = Object.entries(ms).map(([name, values]) => {
    const range = { min: Math.min(...values), max: Math.max(...values) };
    const row = { case: 'pools', what: `${name} ${company}, p99 of ${values.length}` };
    return bounded(row, { value: percentile(values, 0.99), ...range }, P99_MS, 'ms', 0);
  });
  const memory = { case: 'pools', what: `RSS of the worker ${company}` };
  return accounts === 0 ? rows : [...rows, bounded(memory, { value: rss }, null, 'MiB', 0)];
}
