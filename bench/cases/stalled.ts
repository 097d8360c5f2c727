import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMBEDDED_BUCKET, EMBEDDED_REGION } from '../../src/cli/endpoints.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/store.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { STALLED_BYTES, type StalledRequest } from '../../testkit/attacks/stalled-downloads.ts';
import { memoryOf } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

const ACCOUNTS = [1, 3, 40] as const;
/** Number of downloads that all accounts of a round begin together. */
const DOWNLOADS = 2_000;
/** Number of connections of an address, and number of downloads of an object, which are fewer than the gateway allows. */
const PER_ADDRESS = 200;
const PER_OBJECT = 60;
const NEWCOMER = { downloads: 100, bytes: 1_000_000 };
const LARGE_BYTES = 542_000_000;
/**
 * Milliseconds between the end of the downloads and the last measurement of the memory, long enough for two garbage collections of an idle
 * process.
 */
const REST_MS = 12_000;
/** MiB by which stalled downloads may increase the memory of the gateway, connections included. */
const MOST_MIB = 192;
const NEWCOMER_MS = 2_000;

/**
 * Downloads through signed links whose clients never read. Measures the memory of the gateway, and the downloads of a new account
 * meanwhile.
 */
export async function stalled({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const bench = await openBench();
  const folder = await mkdtemp(join(tmpdir(), 'airlock-bench-'));
  const reader = fork(join(import.meta.dirname, '..', 'lib', 'stalled-process.ts'));
  try {
    const store = await storeOf(bench);
    const put = await putter(store, folder);
    progress('download of 542 MB');
    const large = await put('outputs/large/1', LARGE_BYTES);
    const seconds: number[] = [];
    for (let run = 0; run <= pairs; run++) seconds.push(await download(large));
    const small = await put('outputs/newcomer/1', NEWCOMER.bytes);
    const rounds: Round[] = [];
    for (const accounts of ACCOUNTS) {
      progress(`${DOWNLOADS} stalled downloads of ${accounts} accounts`);
      rounds.push(await measure(bench, { reader, accounts, requests: await requestsOf(put, accounts), small }));
    }
    await store.close();
    const row = (what: string) => ({ case: 'stalled', what });
    const median = seconds.slice(1).sort((a, b) => a - b)[Math.floor(pairs / 2)]!;
    return {
      rows: [
        bounded(row('download of 542 MB'), { value: LARGE_BYTES / 1e6 / median }, null, 'MB/s', 0),
        ...rounds.flatMap((round) => rowsOf(round)),
      ],
      raw: { seconds, rounds },
    };
  } finally {
    reader.disconnect();
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Round {
  accounts: number;
  begun: number;
  before: number;
  during: number;
  after: number;
  newcomerMs: number[];
}

interface Attack {
  reader: ChildProcess;
  accounts: number;
  requests: readonly StalledRequest[];
  small: string;
}

async function measure(bench: Bench, { reader, accounts, requests, small }: Attack): Promise<Round> {
  const pss = () => memoryOf(bench.service.pids('gateway'))[0]!.pss;
  const before = pss();
  reader.send(requests);
  const [{ begun }] = (await once(reader, 'message')) as [{ begun: number }];
  const newcomerMs: number[] = [];
  for (let count = 0; count < NEWCOMER.downloads; count++) newcomerMs.push((await download(small)) * 1000);
  const during = pss();
  reader.send([]);
  await once(reader, 'message');
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return { accounts, begun, before, during, after: pss(), newcomerMs };
}

function rowsOf({ accounts, begun, before, during, after, newcomerMs }: Round): CaseResult['rows'] {
  const row = (what: string) => ({
    case: 'stalled',
    what: `${begun} stalled downloads of ${accounts} accounts: ${what}`,
  });
  return [
    bounded(row('PSS of the gateway before'), { value: before }, null, 'MiB', 0),
    bounded(row('added meanwhile'), { value: during - before }, MOST_MIB, 'MiB', 0),
    bounded(row(`left after ${REST_MS / 1000} s`), { value: after - before }, null, 'MiB', 0),
    bounded(row('1 MB of a new account, p99'), { value: percentile(newcomerMs, 0.99) }, NEWCOMER_MS, 'ms', 0),
  ];
}

async function storeOf({ service }: Bench): Promise<ObjectStore> {
  const secrets = await loadSecrets(service.dataDir);
  return openEmbeddedStore({
    endpoint: service.storage,
    publicEndpoint: service.storage,
    bucket: EMBEDDED_BUCKET,
    region: EMBEDDED_REGION,
    credentials: { accessKeyId: secrets.storageAccessKeyId, secretAccessKey: secrets.storageSecretKey },
    localRoot: join(service.dataDir, 'storage'),
  });
}

/** Returns a function that stores an object of zeros and returns a signed link to it. */
async function putter(store: ObjectStore, folder: string) {
  const path = join(folder, 'zeros');
  return async (key: string, size: number): Promise<string> => {
    await writeFile(path, '');
    await truncate(path, size);
    await store.putFile(key, path, { contentType: 'video/mp4', size });
    return store.presignGet(key, { filename: 'a.mp4', contentType: 'video/mp4', expiresIn: 3600 });
  };
}

async function requestsOf(put: Awaited<ReturnType<typeof putter>>, accounts: number): Promise<StalledRequest[]> {
  const each = Math.ceil(DOWNLOADS / accounts);
  const urls: string[] = [];
  for (let account = 0; account < accounts; account++) {
    for (let object = 0; object * PER_OBJECT < each; object++) {
      const url = await put(`outputs/stalled-${accounts}-${account}/${object}`, STALLED_BYTES);
      const count = Math.min(PER_OBJECT, each - object * PER_OBJECT);
      urls.push(...Array.from({ length: count }, () => url));
    }
  }
  return urls.map((url, index) => ({ url, from: `127.0.1.${1 + Math.floor(index / PER_ADDRESS)}` }));
}

/** Downloads all bytes. Returns the seconds. */
async function download(url: string): Promise<number> {
  const from = performance.now();
  const response = await fetch(url);
  if (!response.ok) throw new Error(`a download was rejected with ${response.status}`);
  for await (const _chunk of response.body!);
  return (performance.now() - from) / 1000;
}
