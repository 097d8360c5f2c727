import { createHash } from 'node:crypto';
import { chmod, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetcher/index.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { openEmbeddedStore } from '../../src/storage/embedded/store.ts';
import type { ObjectStore } from '../../src/storage/types.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { until } from '../../testkit/until.ts';
import { BUCKET, CREDENTIAL, REGION } from '../conformance/embedded-gateway.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { openTestSandbox } from '../helpers/root-image.ts';
import { openTcpProxy } from '../helpers/tcp-proxy.ts';

/** FFmpeg arguments for an output of about 20 MB. The output is this large because noise does not compress. */
const NOISY = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=480x270:r=25:d=5,noise=alls=100:allf=t:all_seed=1'],
  ...['-f', 'lavfi', '-i', 'sine=d=5', '-c:v', 'mpeg4', '-q:v', '3', '-c:a', 'aac'],
];
const ENCODE = [
  { option: '-c:v', argument: 'mpeg4' },
  { option: '-q:v', argument: '3' },
];

/** Overwrites the first 4096 bytes of a file, so that no reader accepts it. */
async function overwrite(path: string): Promise<void> {
  const file = await open(path, 'r+');
  await file.write(Buffer.alloc(4096), 0, 4096, 0);
  await file.close();
}

describe('an output that is uploaded to a remote storage while FFmpeg writes it', () => {
  let world: JobWorld;
  let sandbox: Sandbox;
  let folder: string;
  let proxy: Awaited<ReturnType<typeof openTcpProxy>>;
  let remote: ObjectStore;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  let fileUrl: string;
  let worker: Worker | null = null;
  /** Numbers of the parts in the order in which they were stored. */
  let stored: number[] = [];
  let before: (number: number) => void | Promise<void> = () => {};

  const start = async (store: ObjectStore, changes: Partial<Sandbox> = {}) => {
    worker = await startWorker({
      ...{ context: { ...world.context, store }, kinds, metrics: null, onBroken: () => {} },
      sandbox: Object.assign(Object.create(sandbox), changes),
      fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      settings: {
        ...{ databaseUrl: world.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
        ...{ slots: [['light', 'heavy'], ['interactive']], cores: 2, cellMemoryBytes: 2 * 2 ** 30, drainMs: 1000 },
        ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 3600, outputWaitMs: 60_000 },
      },
    });
  };
  const submit = (outputFormat: 'mp4' | 'mkv' | 'avi' = 'mp4') =>
    world.accept(account, { inputs: [{ url: fileUrl }], outputFormat, options: ENCODE });
  const status = (id: string, wanted: string) =>
    until(async () => (await world.row(id)).status === wanted, { what: `the job to be ${wanted}` });
  const objects = async (id: string) =>
    (await world.database.pg.query('SELECT key, state, sha256, multipart_id FROM objects WHERE job_id = $1', [id]))
      .rows;
  const parts = () => readdir(join(world.gateway.root, 'parts'));
  const isSwept = (id: string) =>
    until(async () => (await objects(id))[0]?.state === 'deleted' && (await parts()).length === 0, {
      what: 'the deletion of all parts',
    });

  beforeAll(async () => {
    world = await makeJobWorld();
    await chmod(dirname(world.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-early-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: 2 });
    proxy = await openTcpProxy({ port: world.gateway.port });
    // Without a local root, the store sends bytes to the storage as it would to another machine.
    const endpoint = `http://127.0.0.1:${proxy.port}`;
    const store = openEmbeddedStore({
      ...{ endpoint, publicEndpoint: endpoint, bucket: BUCKET, region: REGION },
      credentials: CREDENTIAL,
    });
    remote = {
      ...store,
      async putPart(...given) {
        await before(given[1].partNumber);
        const etag = await store.putPart(...given);
        stored.push(given[1].partNumber);
        return etag;
      },
    };
    account = await world.account();
    await makeMedia(join(folder, 'clip.mp4'), NOISY);
    await start(remote);
    fileUrl = (await world.uploadFile(account, await readFile(join(folder, 'clip.mp4')))).fileUrl;
    await worker!.drain();
  });
  afterEach(async () => {
    await worker?.drain();
    worker = null;
    [stored, before] = [[], () => {}];
    await proxy.restore();
  });
  afterAll(async () => {
    await remote?.close();
    await sandbox?.close();
    await proxy?.cut();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each(['mp4', 'avi'] as const)(
    'has the bytes that FFmpeg writes to a storage on this machine: %s',
    async (format) => {
      await start(remote);
      const early = await submit(format);
      await status(early.id, 'completed');
      await worker!.drain();
      // Every part is stored once, and the first part last.
      expect(stored.length).toBeGreaterThan(2);
      expect(stored[0]).not.toBe(1);
      expect([...stored].sort((a, b) => a - b)).toEqual(stored.map((_, index) => index + 1));
      const [object] = await objects(early.id);
      expect(object).toMatchObject({ state: 'live' });
      expect(await parts()).toEqual([]);
      const bytes = await buffer((await world.context.store.get(object.key))!);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(object.sha256);

      await start(world.context.store);
      const complete = await submit(format);
      await status(complete.id, 'completed');
      expect((await objects(complete.id))[0].sha256).toBe(object.sha256);
    },
  );

  it('is not encoded again when storage becomes unreachable during the upload', async () => {
    let [puts, isUnreachable] = [0, false];
    before = async () => {
      puts += 1;
      if (puts !== 2) return;
      await proxy.cut();
      isUnreachable = true;
    };
    await start(remote);
    const job = await submit();
    await until(() => isUnreachable, { what: 'the outage' });
    expect(await world.row(job.id)).toMatchObject({ status: 'processing', attempts: 1 });
    await proxy.restore();
    await status(job.id, 'completed');
    expect(await world.attempts(job.id)).toEqual([{ number: 1, state: 'completed', error_code: null }]);
  });

  it('leaves nothing behind when its job is canceled during the upload', async () => {
    let failHeld = () => {};
    const held = new Promise<never>((_, reject) => {
      failHeld = () => reject(new Error('held'));
    });
    held.catch(() => {});
    let isHeld = false;
    before = (number) => {
      if (number !== 3) return;
      isHeld = true;
      return held;
    };
    await start(remote);
    const job = await submit();
    try {
      await until(() => isHeld, { what: 'a part that is held' });
      expect(await parts()).toHaveLength(1);
      await cancelJob(world.context, account.id, 'transcode', job.id);
    } finally {
      failHeld();
    }
    await isSwept(job.id);
    expect(await world.attempts(job.id)).toMatchObject([{ state: 'canceled' }]);
  });

  it('is not published when its check fails, regardless of how much of it was sent', async () => {
    await start(remote, {
      async run(spec) {
        const result = await sandbox.run(spec);
        // Overwrites the output, as a cell could that its input controls.
        if (spec.outputs?.length) await overwrite(join(result.outputDir, spec.outputs[0]!));
        return result;
      },
    });
    const job = await submit('mkv');
    await status(job.id, 'failed');
    expect(await world.row(job.id)).toMatchObject({ error_code: 'output_invalid' });
    expect(stored.length).toBeGreaterThan(1);
    await isSwept(job.id);
  });
});
