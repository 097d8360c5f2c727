import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetcher/index.ts';
import { openSandbox } from '../../src/sandbox/index.ts';
import type { Sandbox } from '../../src/sandbox/types.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { sandboxSlots, startWorker, type Worker } from '../../src/worker/worker.ts';
import { makeClip } from '../helpers/media.ts';
import { until } from '../helpers/until.ts';
import { type DomainWorld, makeDomainWorld } from './domain-world.ts';

describe('a worker that drains', () => {
  let world: DomainWorld;
  let sandbox: Sandbox;
  let folder: string;
  let account: Awaited<ReturnType<DomainWorld['account']>>;
  let fileUrl: string;
  const lanes: ('light' | 'heavy')[][] = [['light', 'heavy']];

  const start = (drainMs: number): Promise<Worker> =>
    startWorker({
      context: world.context,
      sandbox,
      fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      metrics: null,
      settings: {
        databaseUrl: world.database.url,
        version: 'test',
        workDir: join(folder, 'work', String(drainMs)),
        lanes,
        cores: 2,
        cellMemoryBytes: 2 * 2 ** 30,
        drainMs,
      },
    });
  const encode = (preset: string) =>
    world.accept(account, {
      inputs: [{ url: fileUrl }],
      options: [{ option: '-preset', argument: preset }],
    });
  const progressing = (id: string) =>
    until(async () => (await world.row(id)).progress > 0, { what: 'the middle of the encode' });

  beforeAll(async () => {
    world = await makeDomainWorld();
    // Cells run under another account when the tests run as root.
    await chmod(dirname(world.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-drain-'));
    await chmod(folder, 0o711);
    sandbox = await openSandbox({ dataDir: folder, slots: sandboxSlots(lanes) });
    account = await world.account();
    const noise = ['-vf', 'noise=alls=30:allf=t', '-crf', '30'];
    const clip = await makeClip(join(folder, 'clip.mp4'), { seconds: 4, size: '480x270', args: noise });
    const worker = await start(1000);
    fileUrl = (await world.uploadFile(account, await readFile(clip))).fileUrl;
    await worker.drain();
  });
  afterAll(async () => {
    await sandbox?.close();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lets a job end that ends in time', async () => {
    const worker = await start(30_000);
    const job = await encode('ultrafast');
    await until(async () => (await world.row(job.id)).status === 'processing', { what: 'a start' });
    await worker.drain();
    expect(await world.row(job.id)).toMatchObject({ status: 'completed', attempts: 1 });
  });

  it('hands back a job that takes longer, at once and with nothing left of it; another finishes it', async () => {
    const worker = await start(200);
    const job = await encode('slow');
    await progressing(job.id);
    const began = Date.now();
    await worker.drain();
    expect(Date.now() - began).toBeLessThan(30_000);
    expect(await world.row(job.id)).toMatchObject({ status: 'pending', current_attempt: null, progress: 0 });
    expect(await readdir(join(folder, 'work', '200'))).toEqual([]);
    for (const owner of await readdir(join(folder, 'cells'))) {
      expect(
        (await readdir(join(folder, 'cells', owner))).filter((name) => !/^(image|seccomp\.bpf)$/.test(name)),
      ).toEqual([]);
    }

    const next = await start(30_000);
    await until(async () => (await world.row(job.id)).status === 'completed', { what: 'the second attempt' });
    await next.drain();
    expect((await world.attempts(job.id)).map((attempt) => attempt.state)).toEqual(['handed_back', 'completed']);
    expect(await world.events(job.id)).toEqual(['queued', 'started', 'retrying', 'started', 'completed']);
  });

  it('takes nothing new', async () => {
    const worker = await start(30_000);
    const first = await encode('medium');
    await progressing(first.id);
    const second = await encode('ultrafast');
    await worker.drain();
    expect(await world.row(first.id)).toMatchObject({ status: 'completed' });
    expect(await world.row(second.id)).toMatchObject({ status: 'pending', attempts: 0 });
    const { rows } = await world.database.pg.query('SELECT count(*)::int AS workers FROM workers');
    expect(rows).toEqual([{ workers: 0 }]);
  });
});
