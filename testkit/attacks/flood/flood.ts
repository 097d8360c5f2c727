import { mkdtemp, rm } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { failures } from '../../../src/contract/failures.ts';
import type { Job } from '../../../src/contract/transcodes.ts';
import { call, type TestService } from '../../service.ts';
import { startSource } from '../../source-server.ts';
import { until } from '../../until.ts';
import { type FloodSize, type Hostile, helpers, hostileFiles } from './corpus.ts';
import { watchHealth } from './health.ts';
import { faultsOf, LEGITIMATE_JOBS } from './legitimate-jobs.ts';
import { memoryOfRoles } from './memory.ts';
import { makeSeeds } from './seeds.ts';
import { tracesOfJobs } from './traces.ts';

export interface FloodReport {
  hostile: { name: string; status: string; code: string | null; seconds: number }[];
  /** Hostile jobs that are still running or failed with an undeclared code. */
  undeclared: string[];
  /** Faults of legitimate jobs. */
  faults: string[];
  legitimate: number;
  health: { ms: number[]; faults: string[] };
  /** MiB by role, at rest before and after. */
  memory: { before: Record<string, number>; after: Record<string, number> };
  seconds: number;
}

/** Milliseconds between health checks. */
const HEALTH_MS = 50;

/**
 * Sends hostile files concurrently, mixed with legitimate jobs of another account, and waits until all have ended. The
 * service needs AIRLOCK_FETCH_ALLOW=127.0.0.1/32.
 * @param restMs milliseconds to wait for memory to be released before it is measured again.
 */
export async function flood(
  service: TestService,
  size: FloodSize,
  timeoutMs: number,
  restMs = 0,
): Promise<FloodReport> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-flood-'));
  const served = new Map<string, Buffer | RequestListener>();
  const source = await startSource((request, response) => {
    const found = served.get(decodeURIComponent(request.url!.slice(1)));
    if (typeof found === 'function') found(request, response);
    else if (found) response.writeHead(200, { 'content-length': found.length }).end(found);
    else response.writeHead(404).end();
  });
  try {
    const seeds = await makeSeeds(folder);
    const at = (name: string) => `${source.url}/${encodeURIComponent(name)}`;
    const files = await hostileFiles(folder, seeds, size, at);
    for (const file of files) served.set(file.name, file.serves);
    for (const [name, bytes] of Object.entries({ ...seeds, ...helpers(seeds) })) served.set(name, bytes);

    const other = (await service.makeKey('--account', 'legitimate')).key;
    const send = async (key: string, name: string, request: Hostile['request']): Promise<string> => {
      const body = { inputs: [{ url: at(name) }], ...request };
      const answer = await call(`${service.api}/v1/transcodes`, 'POST', key, body);
      if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${answer.text}`);
      return answer.json.id;
    };
    const read = async (key: string, id: string): Promise<Job> =>
      (await call(`${service.api}/v1/transcodes/${id}`, 'GET', key)).json;

    // Runs one job first, so that memory that stays in use for jobs does not count as growth.
    const warm = await send(other, 'clip.mp4', { outputFormat: 'mp4' });
    await until(async () => (await read(other, warm)).status === 'completed', { what: 'the first job' });
    const before = memoryOfRoles(service);
    const [earlier, earlierGood] = await Promise.all([endedJobs(service, service.key), endedJobs(service, other)]);

    const health = watchHealth(`${service.api}/health-check`, HEALTH_MS);
    const began = performance.now();
    const every = Math.floor(files.length / LEGITIMATE_JOBS.length);
    const [hostile, legitimate] = await Promise.all([
      Promise.all(files.map((file) => send(service.key, file.name, file.request))),
      Promise.all(
        LEGITIMATE_JOBS.map(async ({ input, request }, index) => {
          // Among the hostile jobs, not before them.
          await until(() => health.ms.length >= (index * every) / 50, { what: 'the time to send' });
          return send(other, input, request);
        }),
      ),
    ]);
    await until(
      async () => {
        const [bad, good] = await Promise.all([service.key, other].map((key) => endedJobs(service, key)));
        return bad! >= earlier + hostile.length && good! >= earlierGood + legitimate.length;
      },
      { what: 'the end of every job', timeoutMs, everyMs: 250 },
    );
    const seconds = (performance.now() - began) / 1000;
    await health.stop();
    const ends = await Promise.all(hostile.map((id) => read(service.key, id)));
    const faults = await Promise.all(
      legitimate.map(async (id, index) => {
        const found = await faultsOf(LEGITIMATE_JOBS[index]!, await read(other, id), {
          folder,
          downloadUrl: async () =>
            (await call(`${service.api}/v1/transcodes/${id}/download`, 'GET', other)).json.url as string,
        });
        return found.map(
          (fault) => `${LEGITIMATE_JOBS[index]!.input} → ${LEGITIMATE_JOBS[index]!.request.outputFormat}: ${fault}`,
        );
      }),
    );
    // The end of the last job is reported shortly before its folder is removed.
    await until(() => tracesOfJobs(service).length === 0, { what: 'nothing to be left', timeoutMs: 10_000 }).catch(
      () => {},
    );
    await new Promise((resolve) => setTimeout(resolve, restMs));
    return {
      hostile: ends.map((job, index) => ({
        name: files[index]!.name,
        status: job.status,
        code: job.error_code,
        seconds: job.started_at ? (Date.parse(job.completed_at ?? '') - Date.parse(job.started_at)) / 1000 : 0,
      })),
      undeclared: ends.flatMap((job, index) => {
        const declared =
          job.error_code !== null && Object.hasOwn(failures, job.error_code) && job.error_code !== 'internal';
        const good = job.status === 'completed' || (job.status === 'failed' && declared && job.error_message);
        return good ? [] : [`${files[index]!.name}: ${job.status} ${job.error_code}`];
      }),
      faults: faults.flat(),
      legitimate: legitimate.length,
      health,
      memory: { before, after: memoryOfRoles(service) },
      seconds,
    };
  } finally {
    source.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Counts only final states, so the sum cannot miss a job that changes state during the count. */
async function endedJobs(service: TestService, key: string): Promise<number> {
  const counts = await Promise.all(
    ['completed', 'failed', 'canceled'].map(async (status) => {
      const answer = await call(`${service.api}/v1/transcodes?status=${status}&limit=1`, 'GET', key);
      return answer.json.total as number;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}
