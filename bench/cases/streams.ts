import { Agent, get } from 'node:http';
import { sourceShort } from '../lib/media.ts';
import { cpuSeconds, memoryOf, processTree } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { percentile } from '../lib/statistics.ts';

/** Number of clients that wait. It is below the 256 connections that an address may open. */
const WAITING = 200;
const IDLE_MS = 15_000;
const STILL = { outputFormat: 'jpg' };

/** Clients that wait for a job with `?wait=`. Measures their cost while nothing happens, and the time until they get their response. */
export async function streams({ progress }: CaseOptions): Promise<CaseResult> {
  const source = await sourceShort();
  const bench = await openBench({ AIRLOCK_WORKER_SLOTS: '1' });
  const workers = bench.service.pids('worker');
  const agent = new Agent({ keepAlive: true });
  try {
    const url = await bench.upload(source.path);
    await bench.completed((await bench.create({ inputs: [{ url }], ...STILL })).id);
    for (const pid of workers) process.kill(pid, 'SIGSTOP');
    const { id } = await bench.create({ inputs: [{ url }], ...STILL });
    const before = await idle(bench);
    progress(`${WAITING} clients wait`);
    const responses = Array.from({ length: WAITING }, () => ended(bench, id, agent));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const during = await idle(bench);
    for (const pid of workers) process.kill(pid, 'SIGCONT');
    const at = await Promise.all(responses);
    const { json } = await bench.call('GET', `/v1/transcodes/${id}`);
    const late = at.map((time) => time - Date.parse(json.completed_at));
    const row = (what: string) => ({ case: 'streams', what: `${WAITING} requests that wait: ${what}` });
    const perMinute = ((during.cpu - before.cpu) / IDLE_MS) * 60_000;
    return {
      rows: [
        bounded(row('CPU of API and PostgreSQL in a minute, less without'), { value: perMinute }, null, 's', 2),
        bounded(row('RSS of the API, less without'), { value: during.rss - before.rss }, null, 'MiB', 0),
        bounded(row('end of the job to answer, p50'), { value: percentile(late, 0.5) }, null, 'ms', 0),
        bounded(row('end of the job to answer, p99'), { value: percentile(late, 0.99) }, null, 'ms', 0),
      ],
      raw: { before, during, late },
    };
  } finally {
    for (const pid of workers) process.kill(pid, 'SIGCONT');
    agent.destroy();
    await bench.close();
  }
}

/** Returns the CPU seconds of API and PostgreSQL during a quarter of a minute, and the MiB of the API at its end. */
async function idle({ service }: Bench): Promise<{ cpu: number; rss: number }> {
  const api = service.pids('api');
  const used = () => cpuSeconds([...api, ...service.pids('postgres').flatMap(processTree)]);
  const before = used();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return { cpu: used() - before, rss: memoryOf(api).reduce((sum, { rss }) => sum + rss, 0) };
}

/** Resolves with the time of day, in milliseconds, at which the response reports the end of the job. */
function ended({ service }: Bench, id: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${service.key}` };
    const sent = get(`${service.api}/v1/transcodes/${id}?wait=60`, { agent, headers }, (response) => {
      response.resume();
      response.once('end', () =>
        response.statusCode === 200 ? resolve(Date.now()) : reject(new Error(`answered ${response.statusCode}`)),
      );
    });
    sent.once('error', reject);
  });
}
