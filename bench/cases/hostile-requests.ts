import { hostileClients, largestJob, silentReaders, usualLatencies } from '../../testkit/attacks/hostile-clients.ts';
import { memoryOf } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

const CLIENTS = 4;
const REQUESTS = 600;
const JOBS = 100;
const LISTS = 30;
/**
 * Milliseconds for which memory is measured. This is longer than the time-out of a slow reader, so that the end of the attack is also
 * measured.
 */
const WATCH_MS = 20_000;
const LOOK_MS = 100;

/**
 * Measures the harm that the holder of a key can do to other clients with requests alone: costly bodies in a loop, and unread responses.
 */
export async function hostileRequests(options: CaseOptions): Promise<CaseResult> {
  const bench = await openBench({ AIRLOCK_WORKER_SLOTS: '1' });
  const { service } = bench;
  const rss = () => Math.max(...memoryOf(service.pids('api')).map((one) => one.rss));
  try {
    options.progress(`${REQUESTS} usual requests alone`);
    const { key } = await service.makeKey('--account', 'usual');
    const alone = await usualLatencies(service, key, REQUESTS);
    options.progress(`${REQUESTS} usual requests beside ${CLIENTS} hostile clients`);
    const clients = await hostileClients(service, CLIENTS);
    const alongside = await usualLatencies(service, key, REQUESTS);
    const { sent, faults } = await clients.stop();
    if (faults.length > 0) throw new Error(`hostile bodies caused errors:\n${faults.join('\n')}`);

    options.progress(`${JOBS} large jobs, listed ${LISTS} times by a client that does not read`);
    for (let index = 0; index < JOBS; index += 1) await bench.create(largestJob());
    const before = rss();
    const readers = silentReaders(service, service.key, '/v1/transcodes?limit=100', LISTS);
    let most = before;
    for (const end = Date.now() + WATCH_MS; Date.now() < end; ) {
      most = Math.max(most, rss());
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    readers.end();
    const row = (what: string) => ({ case: 'hostile-requests', what });
    const range = (ms: number[]) => ({ min: Math.min(...ms), max: Math.max(...ms) });
    const p99 = (ms: number[]) => ({ value: percentile(ms, 0.99), ...range(ms) });
    return {
      rows: [
        bounded(row(`usual requests alone, p99 of ${REQUESTS}`), p99(alone), null, 'ms'),
        bounded(row(`the same with ${CLIENTS} hostile clients (${sent} bodies)`), p99(alongside), 200, 'ms'),
        bounded(row(`RSS of the API with ${JOBS} large jobs`), { value: before }, null, 'MiB', 0),
        bounded(row(`most RSS while ${LISTS} lists of them are not read`), { value: most }, 400, 'MiB', 0),
      ],
      raw: { alone, alongside, sent, before, most },
    };
  } finally {
    await bench.close();
  }
}
