import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openPool } from '../../src/database/pool.ts';
import { createFetcher } from '../../src/fetcher/index.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import type { SlotClasses } from '../../src/worker/deps.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { makeClip } from '../../testkit/media.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { ffmpegsOf, stopEach } from '../helpers/processes.ts';
import { openTestSandbox } from '../helpers/root-image.ts';
import { openDatabaseProxy } from '../helpers/tcp-proxy.ts';

describe('a worker that drains', () => {
  let world: JobWorld;
  let sandbox: Sandbox;
  let folder: string;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  let fileUrl: string;
  const slots: SlotClasses[] = [['light', 'heavy'], ['interactive']];

  const start = (drainMs: number, context = world.context, databaseUrl = world.database.url): Promise<Worker> =>
    startWorker({
      context,
      kinds,
      sandbox,
      fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      metrics: null,
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      onBroken: () => {},
      settings: {
        databaseUrl,
        version: 'test',
        dataDir: folder,
        workDir: join(folder, 'work', String(drainMs)),
        slots,
        diskReserve: { percent: 0, bytes: 0 },
        sharesDisk: true,
        cores: 2,
        cellMemoryBytes: 2 * 2 ** 30,
        drainMs,
        storageWaitSeconds: 3600,
        outputWaitMs: 60_000,
      },
    });
  const encode = (preset: string) =>
    world.accept(account, {
      inputs: [{ url: fileUrl }],
      options: [{ option: '-preset', argument: preset }],
    });
  const encoding = () => ffmpegsOf(process.pid);

  beforeAll(async () => {
    world = await makeJobWorld();
    // If the tests run as root, cells run under another account, which must be able to enter the folders.
    await chmod(dirname(world.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-drain-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: slots.length });
    account = await world.account();
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 4, size: '320x180', args: noise });
    const worker = await start(1000);
    fileUrl = (await world.uploadFile(account, await readFile(clip))).fileUrl;
    await worker.drain();
  });
  afterAll(async () => {
    await sandbox?.close();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lets a short job finish', async () => {
    const worker = await start(30_000);
    const job = await encode('ultrafast');
    await until(async () => (await world.row(job.id)).status === 'processing', { what: 'a start' });
    await worker.drain();
    expect(await world.row(job.id)).toMatchObject({ status: 'completed', attempts: 1 });
  });

  it('releases a longer job immediately and leaves nothing of it behind, and another worker completes the job', async () => {
    const worker = await start(200);
    const job = await encode('veryfast');
    await stopEach(encoding);
    await world.database.pg.query('UPDATE jobs SET progress = 0.5 WHERE id = $1', [job.id]);
    const began = Date.now();
    await worker.drain();
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(await world.row(job.id)).toMatchObject({ status: 'pending', current_attempt: null, progress: 0 });
    expect(await readdir(join(folder, 'work', '200'))).toEqual([]);
    expect(await cellsOf(folder)).toEqual([]);

    const next = await start(30_000);
    await until(async () => (await world.row(job.id)).status === 'completed', { what: 'the second attempt' });
    await next.drain();
    expect((await world.attempts(job.id)).map((attempt) => attempt.state)).toEqual(['released', 'completed']);
    expect(await world.events(job.id)).toEqual(['queued', 'started', 'retrying', 'started', 'completed']);
  });

  it('claims no further job', async () => {
    const worker = await start(30_000);
    const first = await encode('veryfast');
    const proceed = await stopEach(encoding);
    const second = await encode('ultrafast');
    const drained = worker.drain();
    proceed();
    await drained;
    expect(await world.row(first.id)).toMatchObject({ status: 'completed' });
    expect(await world.row(second.id)).toMatchObject({ status: 'pending', attempts: 0 });
    const { rows } = await world.database.pg.query('SELECT count(*)::int AS workers FROM workers');
    expect(rows).toEqual([{ workers: 0 }]);
    await cancelJob(world.context, account.id, 'transcode', second.id);
  });

  it('does not count an attempt that failed because the database was unavailable', async () => {
    const proxy = await openDatabaseProxy(world.database.url);
    const pool = openPool(proxy.url, { max: 6, role: 'test', onError: () => {} });
    const worker = await start(30_000, { ...world.context, db: pool.db }, proxy.url);
    const job = await encode('veryfast');
    const proceed = await stopEach(encoding);
    await proxy.cut();
    proceed();
    await until(async () => (await cellsOf(folder)).length === 0, { what: 'the end of the encode' });
    await proxy.restore();
    await until(async () => (await world.row(job.id)).status === 'completed', { what: 'the second attempt' });
    await worker.drain();
    expect((await world.attempts(job.id)).map((attempt) => attempt.state)).toEqual(['released', 'completed']);
    await pool.close();
    await proxy.cut();
  });
});

/** Returns the folders of running cells. */
async function cellsOf(folder: string): Promise<string[]> {
  const owners = await readdir(join(folder, 'cells'));
  const names = await Promise.all(owners.map((owner) => readdir(join(folder, 'cells', owner))));
  return names.flat().filter((name) => !/^(image|.*\.bpf)$/.test(name));
}
