import { Agent } from 'node:http';
import { emptyQueue, postJob } from '../lib/accepting.ts';
import { sourceShort } from '../lib/media.ts';
import { cpuSeconds, processTree } from '../lib/processes.ts';
import { atLeast, bounded, type CaseOptions, type CaseResult, type Row } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile, spread } from '../lib/statistics.ts';

const CLIENTS = 8;
/** Number of requests of each client in a round. The first round is a warm-up. */
const EACH = 200;

interface Round {
  perSecond: number;
  perApiSecond: number;
  /** CPU milliseconds of PostgreSQL per job. */
  postgresMs: number;
  ms: number[];
}

/**
 * Measures how many jobs the API accepts per second while no worker claims jobs. Each of eight clients has one connection and one upload.
 */
export async function accepts({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const source = await sourceShort();
  const bench = await openBench();
  const workers = bench.service.pids('worker');
  try {
    const bodies: string[] = [];
    for (let client = 0; client < CLIENTS; client += 1) {
      bodies.push(JSON.stringify({ inputs: [{ url: await bench.upload(source.path) }], outputFormat: 'jpg' }));
    }
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    const rounds: Round[] = [];
    for (let round = 0; round <= pairs; round += 1) {
      progress(round === 0 ? 'warm-up' : `round ${round} of ${pairs}`);
      const one = await accept(bench, bodies);
      if (round > 0) rounds.push(one);
      await emptyQueue(bench);
    }
    return { rows: rowsOf(rounds), raw: { rounds } };
  } finally {
    for (const pid of workers) process.kill(pid, 'SIGCONT');
    await bench.close();
  }
}

async function accept(bench: Bench, bodies: readonly string[]): Promise<Round> {
  const cpu = () => ({
    api: cpuSeconds(bench.service.pids('api')),
    postgres: cpuSeconds(bench.service.pids('postgres').flatMap(processTree)),
  });
  const ms: number[] = [];
  const before = cpu();
  const began = performance.now();
  await Promise.all(
    bodies.map(async (body) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      for (let count = 0; count < EACH; count += 1) {
        const sent = performance.now();
        const status = await postJob(bench, agent, body);
        if (status !== 201) throw new Error(`the API answered ${status}`);
        ms.push(performance.now() - sent);
      }
      agent.destroy();
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const after = cpu();
  return {
    perSecond: ms.length / seconds,
    perApiSecond: ms.length / (after.api - before.api),
    postgresMs: ((after.postgres - before.postgres) * 1000) / ms.length,
    ms,
  };
}

function rowsOf(rounds: readonly Round[]): Row[] {
  const row = (what: string) => ({ case: 'accepts', what: `${CLIENTS} clients at once: ${what}` });
  const figure = (what: string, of: (round: Round) => number, unit: string) => {
    const { median, min, max } = spread(rounds.map(of));
    return bounded(row(what), { value: median, min, max }, null, unit);
  };
  const cpu = figure('accepted in a CPU second of the API', (round) => round.perApiSecond, '');
  const { median } = spread(rounds.map((round) => round.perApiSecond));
  return [
    atLeast(cpu, median, 400),
    figure('accepted in a second', (round) => round.perSecond, ''),
    figure('CPU time of PostgreSQL per job', (round) => round.postgresMs, 'ms'),
    figure('POST to 201, p50', (round) => percentile(round.ms, 0.5), 'ms'),
    figure('POST to 201, p99', (round) => percentile(round.ms, 0.99), 'ms'),
  ];
}
