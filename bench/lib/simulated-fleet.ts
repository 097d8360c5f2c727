import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run, WorkTools } from '../../src/attempt/tools.ts';
import { openPool } from '../../src/database/pool.ts';
import { createFetcher } from '../../src/fetcher/index.ts';
import { reserveOutput } from '../../src/jobs/outputs.ts';
import { reportProgress } from '../../src/jobs/progress.ts';
import type { AttemptResult, Kind, KindsContext } from '../../src/kinds/kind.ts';
import { transcode } from '../../src/kinds/transcode/index.ts';
import { planJson } from '../../src/kinds/transcode/request.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { outputKey } from '../../src/storage/keys.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker } from '../../src/worker/worker.ts';

/** Number of connections of one worker: one for each slot, five additional connections, and the connection that listens. */
export const WORKER_CONNECTIONS = 8;
const SLOTS = [['light', 'heavy'], ['interactive']] as const;
const BYTES = 1_000_000;

/** A sandbox that runs no program, because the simulated jobs have no cells. */
const SANDBOX: Sandbox = {
  ...{ tier: 'bwrap', limits: 'cgroup', outputBound: 'kernel', programs: {}, capabilities: [] },
  ffmpeg: { version: 'none', package: null, path: '/nonexistent', since: new Date(), readsArguments: true },
  run: () => Promise.reject(new Error('a simulated worker runs no cell')),
  selfTest: () => Promise.reject(new Error('a simulated worker has no cell to test')),
  close: async () => {},
};

export interface SimulatedFleet {
  /** Returns the number of jobs that have completed so far. */
  completed(): number;
  close(): Promise<void>;
}

/**
 * Starts workers that send every database request of a real worker: its row, heartbeats, leases, claims, progress and ends of jobs, and
 * maintenance. Instead of encoding, each job waits `jobMs` and reports its progress once a second.
 */
export async function startSimulatedFleet(given: {
  context: KindsContext;
  databaseUrl: string;
  workers: number;
  jobMs: number;
}): Promise<SimulatedFleet> {
  const folder = await mkdtemp(join(tmpdir(), 'airlock-fleet-'));
  let completed = 0;
  const kind: Kind = {
    ...(transcode as unknown as Kind),
    load: async () => async (tools, run) => {
      const result = await simulate(tools, run, given.jobMs);
      completed += 1;
      return result;
    },
  };
  const kinds = new Map([...given.context.kinds, [kind.name, kind]]);
  const started: { close(): Promise<void> }[] = [];
  // Workers start one after another, as machines do.
  for (let index = 0; index < given.workers; index += 1) {
    started.push(await startOne(given, kinds, join(folder, String(index), 'work')));
  }
  return {
    completed: () => completed,
    async close() {
      await Promise.all(started.map(({ close }) => close()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startOne(
  { context, databaseUrl }: { context: KindsContext; databaseUrl: string },
  kinds: KindsContext['kinds'],
  workDir: string,
): Promise<{ close(): Promise<void> }> {
  const pool = openPool(databaseUrl, { max: WORKER_CONNECTIONS - 1, role: 'worker', onError: () => {} });
  const worker = await startWorker({
    ...{ context: { ...context, db: pool.db, kinds }, kinds, sandbox: SANDBOX, metrics: null, onBroken: () => {} },
    fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 1, deadlineMs: 1000 }),
    logger: createLogger({ level: 'error', role: 'worker' }),
    selfTest: { tier: 'bwrap', passed: true, checks: [], at: new Date() },
    settings: {
      ...{ databaseUrl, version: 'bench', dataDir: workDir, workDir, slots: SLOTS, cores: 2, drainMs: 1000 },
      ...{ cellMemoryBytes: 2 ** 40, diskReserve: { percent: 0, bytes: 0 }, sharesDisk: false },
      ...{ storageWaitSeconds: 3600, outputWaitMs: 1000 },
    },
  });
  return {
    async close() {
      await worker.drain();
      await pool.close();
    },
  };
}

/** Writes the rows of an attempt to the database, without its files. */
async function simulate({ context }: WorkTools, run: Run, jobMs: number): Promise<AttemptResult> {
  const { claim, lease, signal } = run;
  await lease.acquire(signal);
  const seconds = Math.ceil(jobMs / 1000);
  for (let second = 1; second <= seconds; second += 1) {
    await sleep(jobMs / seconds, undefined, { signal });
    await reportProgress(context, claim, { progress: second / (seconds + 1), speed: 1, fps: 25, etaSeconds: 1 });
  }
  const key = outputKey(claim.job.account_id, claim.job.id, claim.attemptId, 'mp4');
  const object = { key, contentType: 'video/mp4', size: BYTES, sha256: '00' };
  const objectId = await reserveOutput(context, claim, object);
  const facts = {
    ...{ format: 'mp4', size: BYTES, sha256: '00', duration_seconds: seconds, width: 320, height: 180 },
    ...{ video_codec: 'h264', audio_codec: null },
  };
  const plan = planJson.write({ args: [], source: 'defaults' });
  const attempt = { exitCode: 0, signal: null, cpuMs: jobMs, maxRssBytes: BYTES, stderr: null };
  const outputs = [{ outputId: claim.outputs[0]!.id, objectId, facts }];
  return { outcome: 'completed', completion: { outputs, plan, warnings: [], inputSeconds: seconds, attempt } };
}
