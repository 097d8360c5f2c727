import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, upload } from '../../testkit/media.ts';
import { bucketAt, type Holders, holdDeliveries, holdFetches, holdRequests } from '../../testkit/pools/holders.ts';
import { type Peers, startPeers } from '../../testkit/pools/peers.ts';
import { call, startService, type TestService } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

/* Six accounts keep the places of every network pool of a service. `./airlock bench --case pools` measures 2, 6 and 40 accounts. */

const ACCOUNTS = 6;
const DELIVERIES = 2;
const FETCHES = 4;
/**
 * Maximum number of milliseconds for a newcomer. It takes less than 2 s on a quiet machine. If the pools were full, a request would wait
 * until its timeout after 45 s.
 */
const MAX_MS = 30_000;

describe('while six accounts keep every place that they can get', () => {
  let folder: string;
  let service: TestService;
  let peers: Peers;
  let holders: Holders | undefined;
  let newcomer: string;

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
    newcomer = (await accountOf('newcomer')).key;
    await holdDeliveries(service, accounts, peers, DELIVERIES);
    await until(() => peers.open('/hang') === DELIVERIES * ACCOUNTS, {
      what: 'the deliveries to hang',
      timeoutMs: 60_000,
    });
    await holdFetches(service, accounts, peers, FETCHES);
    await until(() => peers.open('/drip') === FETCHES * ACCOUNTS, { what: 'the sources to drip', timeoutMs: 60_000 });
    holders = holdRequests(service, accounts, peers);
  });
  afterAll(async () => {
    holders?.release();
    await service?.remove();
    await peers?.close();
    await rm(folder, { recursive: true, force: true });
  });

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
