import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { quietPlaces } from '../../src/pools/share.ts';
import { PROBE_POOL } from '../../src/worker/fetch-permits.ts';
import { makeClip, upload } from '../../testkit/media.ts';
import { bucketAt, type Holders, holdDeliveries, holdFetches, holdRequests } from '../../testkit/pools/holders.ts';
import { type Peers, startPeers } from '../../testkit/pools/peers.ts';
import { call, startService, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

/* Four accounts keep the places of every network pool of a service. `./airlock bench --case pools` measures 2, 6 and 40 accounts. */

const ACCOUNTS = 4;
const DELIVERIES = 2;
const FETCHES = 4;
/**
 * Maximum number of milliseconds for a newcomer. It takes less than 2 s on a quiet machine. If the pools were full, a request would wait
 * until its timeout after 45 s.
 */
const MAX_MS = 30_000;
/** Probes that the accounts can run at the same time: one account the places of a quiet pool, and each other account its share. */
const MAX_PROBES = quietPlaces(PROBE_POOL) + (ACCOUNTS - 1) * PROBE_POOL.share;

describe('while four accounts keep every place that they can get', () => {
  let folder: string;
  let service: TestService;
  let peers: Peers;
  let holders: Holders | undefined;
  let newcomer: string;
  let keys: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-pools-'));
    const clip = await makeClip(join(folder, 'clip.mp4'));
    peers = await startPeers(await readFile(clip));
    service = await startService({ AIRLOCK_FETCH_ALLOW: '127.0.0.1/32' });
    const accountOf = async (name: string) => {
      const { key } = await service.makeKey('--account', name);
      const calling: TestService = {
        ...service,
        call: (method, path, body, headers) => call(`${service.api}${path}`, method, key, body, headers),
      };
      return { key, input: (await upload(calling, clip)).fileUrl };
    };
    const names = Array.from({ length: ACCOUNTS }, (_, index) => `greedy-${index}`);
    const accounts = await Promise.all(names.map(accountOf));
    keys = accounts.map(({ key }) => key);
    newcomer = (await accountOf('newcomer')).key;
    await holdDeliveries(service, accounts, peers, DELIVERIES);
    await until(() => peers.open('/hang') === DELIVERIES * ACCOUNTS, {
      what: 'the deliveries to hang',
      timeoutMs: 60_000,
    });
    await holdFetches(service, accounts, peers, FETCHES);
    await until(() => peers.open('/drip') === FETCHES * ACCOUNTS, { what: 'the sources to drip', timeoutMs: 60_000 });
    holders = holdRequests(service, accounts, peers);
    // Far more than the worker has slots for probes.
    const probes = PROBE_POOL.share * ACCOUNTS;
    await until(() => peers.open('/silent') >= probes, { what: 'the probes to hang' });
  });
  afterAll(async () => {
    holders?.release();
    // The worker would wait for jobs whose deliveries hang.
    await Promise.all(keys.map(cancelJobs));
    await service?.remove();
    await peers?.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function cancelJobs(key: string): Promise<void> {
    const { items } = (await call(`${service.api}/v1/transcodes?status=processing&limit=100`, 'GET', key)).json;
    for (const { id } of items) await call(`${service.api}/v1/transcodes/${id}/cancel`, 'PATCH', key);
  }

  const request = (method: string, path: string, body?: unknown) =>
    call(`${service.api}${path}`, method, newcomer, body);

  it('a newcomer’s probe of a file and its new connection are processed in time', async () => {
    const [probe, connection] = await Promise.all([
      timed(() => request('POST', '/v1/probe', { url: `${peers.url}/file/probe` })),
      timed(() => request('POST', '/v1/connections', bucketAt(`${peers.url}/deny`, 'new'))),
    ]);
    expect([probe.result.json.format, connection.result.json.code]).toEqual([
      expect.stringContaining('mp4'),
      'connection_check_failed',
    ]);
    expect(Math.max(probe.ms, connection.ms)).toBeLessThan(MAX_MS);
  });

  it('the accounts never run more probes than their shares, while a newcomer’s probes are processed', async () => {
    for (let times = 0; times < 10; times++) {
      const { json } = await request('POST', '/v1/probe', { url: `${peers.url}/file/${times}` });
      expect(json.format).toContain('mp4');
      expect(peers.open('/silent')).toBeLessThanOrEqual(MAX_PROBES);
    }
  });

  it('a newcomer’s job fetches its source and delivers its output in time', async () => {
    const { result, ms } = await timed(async () => {
      const body = {
        inputs: [{ url: `${peers.url}/file/source` }],
        outputFormat: 'mp3',
        destination: { url: `${peers.url}/file/output` },
      };
      const { id } = (await request('POST', '/v1/transcodes', body)).json;
      return request('GET', `/v1/transcodes/${id}?wait=60`);
    });
    expect(result.json).toMatchObject({ status: 'completed', outputs: [{ destination: { status: 'delivered' } }] });
    expect(ms).toBeLessThan(MAX_MS);
  });
});

async function timed<T>(work: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const began = performance.now();
  const result = await work();
  return { result, ms: performance.now() - began };
}
