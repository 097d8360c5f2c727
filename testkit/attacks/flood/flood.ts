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
  /** Memory in MiB by role, at rest before and after the flood. */
  memory: { before: Record<string, number>; after: Record<string, number> };
  seconds: number;
}

/** Milliseconds between health checks. */
const HEALTH_MS = 100;

/**
 * Sends hostile files concurrently, mixed with legitimate jobs of another account, and waits until all jobs have ended. The service needs
 * AIRLOCK_FETCH_ALLOW=127.0.0.1/32.
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
    const attacker = clientOf(service, service.key, at);
    const other = clientOf(service, (await service.makeKey('--account', 'legitimate')).key, at);

    // Runs one job first, so that memory that the service keeps for jobs does not count as growth.
    const warm = await other.send('clip.mp4', { outputFormat: 'mp4' });
    await until(async () => (await other.read(warm)).status === 'completed', { what: 'the first job' });
    const before = memoryOfRoles(service);
    const health = watchHealth(`${service.api}/health-check`, HEALTH_MS);
    const { hostile, legitimate, seconds } = await runJobs({ attacker, other, files, health, timeoutMs });
    await health.stop();
    const ends = await Promise.all(hostile.map((id) => attacker.read(id)));
    const faults = await faultsOfLegitimate(other, legitimate, folder);
    // The end of the last job is reported shortly before its folder is removed.
    await until(() => tracesOfJobs(service).length === 0, { what: 'nothing to be left' }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, restMs));
    return {
      ...outcomesOf(files, ends),
      ...{ faults, legitimate: legitimate.length, health, seconds },
      memory: { before, after: memoryOfRoles(service) },
    };
  } finally {
    source.close();
    await rm(folder, { recursive: true, force: true });
  }
}

interface Client {
  /** Creates a job with the served file as its input, and returns its id. */
  send(name: string, request: Hostile['request']): Promise<string>;
  read(id: string): Promise<Job>;
  downloadUrl(id: string): Promise<string>;
  /** Returns the number of jobs in a final state. A count of all other jobs could miss a job while its state changes. */
  ended(): Promise<number>;
}

function clientOf(service: TestService, key: string, at: (name: string) => string): Client {
  const get = async (path: string) => (await call(`${service.api}/v1/transcodes${path}`, 'GET', key)).json;
  return {
    async send(name, request) {
      const body = { inputs: [{ url: at(name) }], ...request };
      const response = await call(`${service.api}/v1/transcodes`, 'POST', key, body);
      if (response.status !== 201) throw new Error(`${name}: ${response.status} ${response.text}`);
      return response.json.id;
    },
    read: (id) => get(`/${id}`),
    downloadUrl: async (id) => (await get(`/${id}/download`)).url,
    async ended() {
      const lists = await Promise.all(
        ['completed', 'failed', 'canceled'].map((status) => get(`?status=${status}&limit=1`)),
      );
      return lists.reduce((sum, { total }) => sum + total, 0);
    },
  };
}

interface Run {
  attacker: Client;
  other: Client;
  files: readonly Hostile[];
  health: ReturnType<typeof watchHealth>;
  timeoutMs: number;
}

/** Sends all jobs, and waits until they have ended. Returns the ids in the order of the files and of the legitimate jobs. */
async function runJobs({ attacker, other, files, health, timeoutMs }: Run) {
  const [earlier, earlierGood] = await Promise.all([attacker.ended(), other.ended()]);
  const began = performance.now();
  const every = Math.floor(files.length / LEGITIMATE_JOBS.length);
  const [hostile, legitimate] = await Promise.all([
    Promise.all(files.map((file) => attacker.send(file.name, file.request))),
    Promise.all(
      LEGITIMATE_JOBS.map(async ({ input, request }, index) => {
        // Sends the legitimate jobs among the hostile jobs, and not before them.
        await until(() => health.ms.length >= (index * every) / 50, { what: 'the time to send' });
        return other.send(input, request);
      }),
    ),
  ]);
  await until(
    async () => {
      const [bad, good] = await Promise.all([attacker.ended(), other.ended()]);
      return bad >= earlier + hostile.length && good >= earlierGood + legitimate.length;
    },
    { what: 'the end of every job', timeoutMs, everyMs: 1000 },
  );
  return { hostile, legitimate, seconds: (performance.now() - began) / 1000 };
}

async function faultsOfLegitimate(client: Client, ids: readonly string[], folder: string): Promise<string[]> {
  const faults = await Promise.all(
    ids.map(async (id, index) => {
      const job = LEGITIMATE_JOBS[index]!;
      const found = await faultsOf(job, await client.read(id), { folder, downloadUrl: () => client.downloadUrl(id) });
      return found.map((fault) => `${job.input} → ${job.request.outputFormat}: ${fault}`);
    }),
  );
  return faults.flat();
}

function outcomesOf(files: readonly Hostile[], ends: readonly Job[]): Pick<FloodReport, 'hostile' | 'undeclared'> {
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
  };
}
