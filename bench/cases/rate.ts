import { Agent } from 'node:http';
import { call } from '../../testkit/service.ts';
import { emptyQueue, postJob } from '../lib/accepting.ts';
import { sourceShort } from '../lib/media.ts';
import { cpuSeconds } from '../lib/processes.ts';
import { atLeast, bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';
import { v1Client } from '../lib/v1-client.ts';

/** Number of accounts that take turns, because one key may have 32 requests in progress. */
const ACCOUNTS = 8;

/** Requests per second that an API must always sustain. */
const STEADY = 100;
/** Number of seconds at the steady rate, and at each higher rate, per pair. */
const STEADY_SECONDS = 6;
const STEP_SECONDS = 2;
/** Higher rates, tried one after the other until one cannot be sustained. An account may have 10,000 waiting jobs. */
const RATES = { from: 200, to: 900, by: 50 };
/** Maximum milliseconds for 99 of 100 requests at a sustained rate. All requests must be accepted. */
const LATE_MS = 1000;
/** Number of requests without a response at which the measurement of a rate stops. */
const MOST_OPEN = 1000;

interface Run {
  rate: number;
  /** Milliseconds from the time at which a request was due to the end of its response. */
  ms: number[];
  failed: number;
  /** Number of processors that the API used. 1 is one complete processor. */
  cpu: number;
}

/**
 * Measures one API with requests that arrive at a fixed rate, regardless of the speed of the responses, while no worker claims the jobs.
 */
export async function rate({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const source = await sourceShort();
  const bench = await openBench();
  const workers = bench.service.pids('worker');
  const agent = new Agent({ keepAlive: true, maxSockets: 200 });
  try {
    const clients: Client[] = [];
    while (clients.length < ACCOUNTS) clients.push(await openClient(bench, source.path, clients.length));
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    const arrive = async (perSecond: number, seconds: number) => {
      progress(`${perSecond} requests a second for ${seconds} s`);
      const run = await arrivals(bench, agent, clients, { rate: perSecond, count: perSecond * seconds });
      await emptyQueue(bench);
      return run;
    };
    // Send requests as a warm-up.
    await arrive(STEADY, 2);
    const steady = await arrive(STEADY, STEADY_SECONDS * pairs);
    const steps: Run[] = [];
    for (let perSecond = RATES.from; perSecond <= RATES.to; perSecond += RATES.by) {
      steps.push(await arrive(perSecond, STEP_SECONDS * Math.min(pairs, 5)));
      if (!isSustained(steps.at(-1)!)) break;
    }
    return { rows: rowsOf(steady, steps), raw: { steady, steps } };
  } finally {
    for (const pid of workers) process.kill(pid, 'SIGCONT');
    agent.destroy();
    await bench.close();
  }
}

interface Client {
  key: string;
  body: string;
}

async function openClient(bench: Bench, source: string, number: number): Promise<Client> {
  const { key } = await bench.service.makeKey('--account', `rate-${number}`);
  const { upload } = v1Client((method, path, body) => call(`${bench.service.api}${path}`, method, key, body));
  return { key, body: JSON.stringify({ inputs: [{ url: await upload(source) }], outputFormat: 'jpg' }) };
}

async function arrivals(
  bench: Bench,
  agent: Agent,
  clients: readonly Client[],
  { rate, count }: { rate: number; count: number },
): Promise<Run> {
  const api = bench.service.pids('api');
  const run: Run = { rate, ms: [], failed: 0, cpu: 0 };
  let open = 0;
  const send = async (due: number, { key, body }: Client) => {
    open += 1;
    const status = await postJob(bench, agent, body, key).catch(() => 0);
    open -= 1;
    if (status === 201) run.ms.push(performance.now() - due);
    else run.failed += 1;
  };
  const used = cpuSeconds(api);
  const began = performance.now();
  const responses: Promise<void>[] = [];
  while (responses.length < count && open < MOST_OPEN) {
    const due = began + (responses.length / rate) * 1000;
    const early = due - performance.now();
    if (early > 0) await new Promise((resolve) => setTimeout(resolve, early));
    responses.push(send(due, clients[responses.length % clients.length]!));
  }
  // Count requests that were not sent, because too many requests were open.
  run.failed += count - responses.length;
  await Promise.all(responses);
  run.cpu = (cpuSeconds(api) - used) / ((performance.now() - began) / 1000);
  return run;
}

function isSustained({ ms, failed }: Run): boolean {
  return failed === 0 && percentile(ms, 0.99) <= LATE_MS;
}

function rowsOf(steady: Run, steps: readonly Run[]): Row[] {
  const row = (what: string) => ({ case: 'rate', what });
  const at = `at ${STEADY} a second`;
  const range = { min: Math.min(...steady.ms), max: Math.max(...steady.ms) };
  const highest = [steady, ...steps].filter(isSustained).at(-1) ?? { ...steady, rate: 0 };
  const count = steady.ms.length + steady.failed;
  return [
    bounded(row(`${at}: POST to 201, p50 of ${count}`), { value: percentile(steady.ms, 0.5), ...range }, 15, 'ms'),
    bounded(row(`${at}: POST to 201, p99`), { value: percentile(steady.ms, 0.99) }, 100, 'ms'),
    bounded(row(`${at}: not accepted`), { value: steady.failed }, 0, '', 0),
    atLeast(bounded(row('highest rate sustained'), { value: highest.rate }, null, '/s', 0), highest.rate, 400),
    bounded(row('processors that the API used at it'), { value: highest.cpu }, null, '', 2),
    bounded(row('POST to 201 at it, p99'), { value: percentile(highest.ms, 0.99) }, null, 'ms', 0),
  ];
}
