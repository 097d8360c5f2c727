import { join } from 'node:path';
import { makeClip } from '../../testkit/media.ts';
import { until } from '../../testkit/until.ts';
import { cacheFolder } from '../lib/media.ts';
import { openOtherMachine } from '../lib/other-machine.ts';
import { runsBelow } from '../lib/processes.ts';
import { bounded, type CaseOptions, type CaseResult } from '../lib/result.ts';
import { type Bench, openBench } from '../lib/service.ts';
import { spread } from '../lib/statistics.ts';

/** Number of cancels for each pair. */
const CANCELS = 2;
/** Maximum number of kills. The restart after each kill takes half a minute. */
const MAX_KILLS = 3;
/** A job that takes much longer than every time that this case measures. */
const SLOW = { outputFormat: 'mp4', options: [{ option: '-preset', argument: 'veryslow' }] };

/** Measures the time from a cancel to the end of FFmpeg, and from the death of a worker of another machine to the restart of its job. */
export async function cancel({ pairs, progress }: CaseOptions): Promise<CaseResult> {
  const bench = await openBench({ AIRLOCK_WORKER_SLOTS: '1' });
  try {
    const noise = ['-vf', 'noise=alls=60:allf=t'];
    const clip = await makeClip(join(cacheFolder(), 'noise-720p.mp4'), { seconds: 10, size: '1280x720', args: noise });
    const body = { inputs: [{ url: await bench.upload(clip) }], ...SLOW };
    const canceled: number[] = [];
    for (let count = 1; count <= CANCELS * pairs; count += 1) {
      progress(`cancel ${count} of ${CANCELS * pairs}`);
      canceled.push(await cancelOne(bench, body));
    }
    const row = (what: string) => ({ case: 'cancel', what });
    const { max, ...range } = spread(canceled);
    const what = `PATCH to the end of FFmpeg, the longest of ${canceled.length}`;
    const rows = [bounded(row(what), { value: max, min: range.min, max }, 1000, 'ms', 0)];
    if (process.getuid!() !== 0)
      return { rows, raw: { canceled }, notes: ['cancel: a worker of another machine needs root; none was killed'] };
    const killed = await killWorkers(bench, body, Math.min(pairs, MAX_KILLS), progress);
    const longest = spread(killed);
    const kill = `kill -9 of a worker to FFmpeg on another machine, the longest of ${killed.length}`;
    rows.push(bounded(row(kill), { value: longest.max, min: longest.min, max: longest.max }, 45, 's'));
    return { rows, raw: { canceled, killed } };
  } finally {
    await bench.close();
  }
}

/** Cancels one job. Returns the milliseconds until FFmpeg has ended. */
async function cancelOne(bench: Bench, body: object): Promise<number> {
  const [worker] = bench.service.pids('worker');
  const { id } = await bench.create(body);
  await encoding(worker!, 30_000);
  const began = performance.now();
  const { status, text } = await bench.call('PATCH', `/v1/transcodes/${id}/cancel`);
  if (status !== 200) throw new Error(`the cancel returned ${status}: ${text.slice(0, 300)}`);
  await until(() => !runsBelow(worker!, 'ffmpeg'), { what: 'the end of FFmpeg', timeoutMs: 30_000, everyMs: 1 });
  return performance.now() - began;
}

/** Kills workers that run a job, one after another. Returns the seconds from each kill until FFmpeg runs on another machine. */
async function killWorkers(bench: Bench, body: object, count: number, progress: (text: string) => void) {
  const other = await openOtherMachine(bench.service);
  const [worker] = bench.service.pids('worker');
  const startOn = async (victim: number) => {
    const job = await bench.create(body);
    await encoding(victim, 30_000);
    return job;
  };
  try {
    const seconds: number[] = [];
    for (let done = 0; done < count; done += 1) {
      progress(`kill ${done + 1} of ${count}`);
      const victim = await other.startWorker();
      // Stop the other worker only while the victim claims the job, so that it misses no heartbeat.
      process.kill(worker!, 'SIGSTOP');
      const { id } = await startOn(victim).finally(() => process.kill(worker!, 'SIGCONT'));
      process.kill(victim, 'SIGKILL');
      const began = performance.now();
      await encoding(worker!, 120_000);
      seconds.push((performance.now() - began) / 1000);
      await bench.call('PATCH', `/v1/transcodes/${id}/cancel`);
      await until(() => !runsBelow(worker!, 'ffmpeg'), { what: 'the end of FFmpeg', timeoutMs: 30_000 });
    }
    return seconds;
  } finally {
    await other.close();
  }
}

const encoding = (worker: number, timeoutMs: number) =>
  until(() => runsBelow(worker, 'ffmpeg'), { what: 'FFmpeg in a cell', timeoutMs, everyMs: 1 });
