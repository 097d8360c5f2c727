import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetcher/index.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/store.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import type { SlotClasses } from '../../src/worker/deps.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { makeClip } from '../../testkit/media.ts';
import { until } from '../../testkit/until.ts';
import { BUCKET, CREDENTIAL, REGION } from '../conformance/embedded-gateway.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { ffmpegsOf, stopEach } from '../helpers/processes.ts';
import { openTestSandbox } from '../helpers/root-image.ts';
import { openTcpProxy } from '../helpers/tcp-proxy.ts';

/** Duration of an outage. It is twice the second for which calls to the storage are retried. */
const OUTAGE_MS = 2_000;

describe('an unavailable storage', () => {
  let world: JobWorld;
  let sandbox: Sandbox;
  let folder: string;
  let proxy: Awaited<ReturnType<typeof openTcpProxy>>;
  let context: JobWorld['context'];
  let account: Awaited<ReturnType<JobWorld['account']>>;
  let fileUrl: string;
  let worker: Worker | null = null;
  const slots: SlotClasses[] = [['light', 'heavy'], ['interactive']];

  const start = async (changes: { storageWaitSeconds?: number; outputWaitMs?: number } = {}) => {
    worker = await startWorker({
      context,
      kinds,
      sandbox,
      fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      metrics: null,
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      onBroken: () => {},
      settings: {
        databaseUrl: world.database.url,
        version: 'test',
        dataDir: folder,
        workDir: join(folder, 'work', 'one'),
        slots,
        diskReserve: { percent: 0, bytes: 0 },
        sharesDisk: true,
        cores: 2,
        cellMemoryBytes: 2 * 2 ** 30,
        drainMs: 1000,
        storageWaitSeconds: 3600,
        // The default of the service. On a busy machine, the encode continues for more than a minute after the outage begins.
        outputWaitMs: 600_000,
        ...changes,
      },
    });
  };
  const encode = (preset = 'ultrafast') =>
    world.accept(account, { inputs: [{ url: fileUrl }], options: [{ option: '-preset', argument: preset }] });
  const encoding = () => ffmpegsOf(process.pid);
  /** Creates a job whose encode ends after the storage has become unreachable. */
  const encodeUntilOutage = async () => {
    const job = await encode('veryfast');
    const proceed = await stopEach(encoding);
    await proxy.cut();
    proceed();
    await until(() => encoding().length === 0, { what: 'the end of the encode' });
    return job;
  };
  const status = (id: string, wanted: string) =>
    until(async () => (await world.row(id)).status === wanted, { what: `the job to be ${wanted}` });
  const outage = () => new Promise((resolve) => setTimeout(resolve, OUTAGE_MS));

  beforeAll(async () => {
    world = await makeJobWorld();
    await chmod(dirname(world.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-outage-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: slots.length });
    proxy = await openTcpProxy({ port: world.gateway.port });
    // Without a local root, inputs are read over the network as well.
    const endpoint = `http://127.0.0.1:${proxy.port}`;
    const location = { endpoint, publicEndpoint: endpoint, bucket: BUCKET, region: REGION };
    context = { ...world.context, store: openEmbeddedStore({ ...location, credentials: CREDENTIAL }) };
    account = await world.account();
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 4, size: '320x180', args: noise });
    await start();
    fileUrl = (await world.uploadFile(account, await readFile(clip))).fileUrl;
    await worker!.drain();
  });
  afterEach(async () => {
    await worker?.drain();
    worker = null;
    await proxy.restore();
  });
  afterAll(async () => {
    await context?.store.close();
    await sandbox?.close();
    await proxy?.cut();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('does not count as an attempt of a job, however often it interrupts the job', async () => {
    await proxy.cut();
    const jobs = [await encode(), await encode()];
    await start();
    await until(async () => (await world.events(jobs[0]!.id)).includes('retrying'), { what: 'the job to wait' });
    await outage();
    // Workers claim no jobs during the outage, so the second job stays unchanged.
    expect(await world.row(jobs[1]!.id)).toMatchObject({ status: 'pending', attempts: 0 });
    await proxy.restore();
    for (const job of jobs) await status(job.id, 'completed');
    const states = (await world.attempts(jobs[0]!.id)).map(({ state, error_code }) => [state, error_code]);
    expect(states.at(-1)).toEqual(['completed', null]);
    expect(states.slice(0, -1).every(([state]) => state === 'released')).toBe(true);
    expect(states[0]).toEqual(['released', 'storage_unavailable']);
  });

  it('delays a finished output, which is not encoded again', async () => {
    await start();
    const job = await encodeUntilOutage();
    await outage();
    expect(await world.row(job.id)).toMatchObject({ status: 'processing', attempts: 1, error_code: null });
    await proxy.restore();
    await status(job.id, 'completed');
    expect(await world.attempts(job.id)).toEqual([{ number: 1, state: 'completed', error_code: null }]);
  });

  it('fails a job after its waiting time, even if no worker has claimed the job', async () => {
    await proxy.cut();
    const jobs = [await encode(), await encode()];
    await start({ storageWaitSeconds: 3 });
    for (const job of jobs) {
      await status(job.id, 'failed');
      expect(await world.row(job.id)).toMatchObject({ error_code: 'storage_unavailable' });
    }
  });

  it('does not prevent the cancel of a job whose output waits for storage', async () => {
    await start();
    const job = await encodeUntilOutage();
    await outage();
    expect(await world.row(job.id)).toMatchObject({ status: 'processing' });
    await cancelJob(context, account.id, 'transcode', job.id);
    await until(async () => (await world.attempts(job.id))[0]?.state === 'canceled', { what: 'the end' });
  });
});
