import { type ClientRequest, get } from 'node:http';
import { databaseUrl } from '../../src/cli/database-url.ts';
import { readConfig } from '../../src/config/config.ts';
import { openPool, type Pool } from '../../src/database/pool.ts';
import { recordEvent } from '../../src/events/record.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { until } from '../../testkit/until.ts';
import { cpuSeconds, memoryOf, processTree } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

/** Numbers of streams of one account, all below the 500 open requests of a key. */
const STREAMS = [1, 100, 400];
const WRITERS = 8;
/**
 * Number of events of a burst, per pair. An event has about 250 bytes. With the default of five pairs, a burst stays below the megabyte at
 * which the API disconnects a client that does not read.
 */
const BURST = 500;
/** Number of events per second at the steady rate, whose delays are measured, and number of seconds per pair. */
const STEADY = 50;
const STEADY_SECONDS = 2;
const SETTINGS = { AIRLOCK_MAX_CONNECTIONS_PER_ADDRESS: '1000' };

interface Round {
  streams: number;
  events: number;
  /** Seconds until all events of the burst were recorded, and seconds until every stream had received them. */
  recorded: number;
  delivered: number;
  /** CPU seconds during that time. */
  cpu: { api: number; postgres: number };
  /** Milliseconds from an event to its arrival at the first stream, at a steady rate. */
  delays: number[];
  /** Resident memory of the API while the streams are open, in MiB. */
  rss: number;
}

/** Eight writers record events as fast as they can, each in its own transaction. Measures the delivery of the events to open streams. */
export async function events({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const bench = await openBench(SETTINGS);
  const secrets = await loadSecrets(bench.service.dataDir);
  const config = readConfig({ AIRLOCK_DATA_DIR: bench.service.dataDir });
  const pool = openPool(databaseUrl(config, secrets, 'owner'), { max: WRITERS, role: 'bench', onError: () => {} });
  try {
    const { rows } = await pool.pg.query(`SELECT id FROM accounts WHERE name = 'default'`);
    const record = recorder(pool, rows[0].id);
    const rounds: Round[] = [];
    for (const streams of STREAMS) {
      progress(`${streams} streams`);
      rounds.push(await deliver(bench, streams, record, { burst: BURST * pairs, seconds: STEADY_SECONDS * pairs }));
    }
    return { rows: rounds.flatMap(rowsOf), raw: { rounds } };
  } finally {
    await pool.close();
    await bench.close();
  }
}

/**
 * Waits until every stream gets events. The response of a stream begins before its subscription, so some streams may miss the first events.
 * These events are a warm-up, and no stream counts them.
 */
async function subscribed(streams: readonly Stream[], record: Recorder): Promise<void> {
  const pause = () => new Promise((resolve) => setTimeout(resolve, 300));
  const sum = () => streams.reduce((total, { seen }) => total + seen(), 0);
  await until(
    () =>
      record(WRITERS)
        .then(pause)
        .then(() => streams.every(({ seen }) => seen() > 0)),
    {
      what: 'events at every stream',
    },
  );
  for (let before = -1; before !== sum(); await pause()) before = sum();
  for (const { forget } of streams) forget();
}

type Recorder = (count: number) => Promise<void>;

function recorder({ db }: Pool, accountId: string): Recorder {
  return async (count) => {
    let left = count;
    const write = async () => {
      while (left > 0) {
        left -= 1;
        const payload = { key_id: crypto.randomUUID() };
        await db.transaction().execute((tx) => recordEvent(tx, { accountId }, 'key.created', payload));
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
  };
}

async function deliver(
  bench: Bench,
  count: number,
  record: Recorder,
  { burst, seconds }: { burst: number; seconds: number },
): Promise<Round> {
  const api = bench.service.pids('api');
  const streams = await Promise.all(Array.from({ length: count }, () => openStream(bench)));
  try {
    await subscribed(streams, record);
    const rss = memoryOf(api)[0]!.rss;
    const used = () => ({
      api: cpuSeconds(api),
      postgres: cpuSeconds(bench.service.pids('postgres').flatMap(processTree)),
    });
    const before = used();
    const began = performance.now();
    await record(burst);
    const recorded = (performance.now() - began) / 1000;
    await arrived(streams, burst);
    const delivered = (performance.now() - began) / 1000;
    const after = used();
    const cpu = { api: after.api - before.api, postgres: after.postgres - before.postgres };
    const delays = await steadyDelays(streams, record, burst, STEADY * seconds);
    return { streams: count, events: burst, recorded, delivered, cpu, delays, rss };
  } finally {
    for (const { close } of streams) close();
  }
}

/** Returns the delays at the first stream while events are recorded at a steady rate. `before` is the number of earlier events. */
async function steadyDelays(
  streams: readonly Stream[],
  record: Recorder,
  before: number,
  count: number,
): Promise<number[]> {
  const { delays } = streams[0]!;
  delays.length = 0;
  const start = performance.now();
  for (let sent = 0; sent < count; sent += 1) {
    const early = start + (sent / STEADY) * 1000 - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    await record(1);
  }
  await arrived(streams, before + count);
  return [...delays];
}

const arrived = (streams: readonly Stream[], count: number) =>
  until(() => streams.every(({ seen }) => seen() >= count), {
    what: `${count} events at ${streams.length} streams`,
    timeoutMs: 120_000,
    everyMs: 5,
  });

interface Stream {
  /** Returns the number of events so far. Throws if the API has ended the stream. */
  seen(): number;
  /** Restarts the count at 0. */
  forget(): void;
  /** Milliseconds from each event to its arrival. */
  delays: number[];
  close(): void;
}

/** Opens a stream. Resolves when its response begins, which may be before its subscription. */
async function openStream({ service }: Bench): Promise<Stream> {
  const delays: number[] = [];
  let seen = 0;
  let failure: Error | null = null;
  let rest = '';
  const read = (chunk: string) => {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const at = /"created_at":"([^"]+)"/.exec(block)?.[1];
      if (at === undefined) continue;
      seen += 1;
      delays.push(Date.now() - Date.parse(at));
    }
  };
  const headers = { authorization: `Bearer ${service.key}`, accept: 'text/event-stream' };
  const sent = await new Promise<ClientRequest>((resolve, reject) => {
    const asked = get(`${service.api}/v1/events?types=key.created`, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`the stream returned ${response.statusCode}`));
      response.setEncoding('utf8').on('data', read);
      response.once('error', () => {});
      response.once('close', () => {
        failure = new Error('the API ended a stream');
      });
      resolve(asked);
    });
    asked.once('error', reject);
  });
  return {
    seen() {
      if (failure) throw failure;
      return seen;
    },
    forget() {
      seen = 0;
    },
    delays,
    close: () => sent.destroy(),
  };
}

function rowsOf({ streams, events, recorded, delivered, cpu, delays, rss }: Round): Row[] {
  const row = (what: string) => ({ case: 'events', what: `${streams} stream${streams === 1 ? '' : 's'}: ${what}` });
  const figure = (what: string, value: number, unit: string, digits = 0) =>
    bounded(row(what), { value }, null, unit, digits);
  return [
    figure(`events recorded a second, ${events} by ${WRITERS} writers`, events / recorded, ''),
    figure('events delivered a second, until the last stream has all', (events * streams) / delivered, ''),
    figure('CPU time of the API for each event', (cpu.api * 1000) / events, 'ms', 2),
    figure('CPU time of PostgreSQL for each event', (cpu.postgres * 1000) / events, 'ms', 2),
    figure(`event to arrival at ${STEADY} a second, p50`, percentile(delays, 0.5), 'ms'),
    figure(`event to arrival at ${STEADY} a second, p99`, percentile(delays, 0.99), 'ms'),
    figure('RSS of the API', rss, 'MiB'),
  ];
}
