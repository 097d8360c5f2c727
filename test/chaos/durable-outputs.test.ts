import { createHash } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFetcher } from '../../src/fetcher/index.ts';
import { downloadUrl } from '../../src/jobs/downloads.ts';
import { sweepExpired } from '../../src/jobs/retention.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { CellSpec, Sandbox } from '../../src/sandbox/types.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { makeClip } from '../../testkit/media.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { openTestSandbox } from '../helpers/root-image.ts';

const overlay = (text: string) => [{ option: '@text-overlay', argument: { text } }];
/** Pairs of outputs for which a job needs two commands. */
const PAIRS = {
  'two text layers': ['first', 'second'].map((name) => ({ name, outputFormat: 'mp4', options: overlay(name) })),
  'a ladder and a video': [
    { name: 'ladder', outputFormat: 'hls', ladder: [{ height: 64 }] },
    { name: 'video', outputFormat: 'mp4', options: overlay('text') },
  ],
  'a poster and a video': [
    { name: 'poster', outputFormat: 'jpg', still: { at: 0.5 } },
    { name: 'video', outputFormat: 'mp4' },
  ],
};

describe('a job whose commands run for more than an hour each', () => {
  let world: JobWorld;
  let sandbox: Sandbox;
  let folder: string;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  let fileUrl: string;
  let worker: Worker;
  /** Runs before each cell that writes outputs. */
  let before: (number: number) => Promise<void> = async () => {};
  let cells = 0;

  beforeAll(async () => {
    world = await makeJobWorld();
    await chmod(dirname(world.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-hours-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: 1 });
    const makesOutput = ({ outputs = [], outputDirectories = [] }: CellSpec) =>
      outputs.length + outputDirectories.length > 0;
    const watched: Partial<Sandbox> = {
      async run(spec) {
        if (spec.program === 'ffmpeg' && makesOutput(spec)) {
          cells += 1;
          await before(cells);
        }
        return sandbox.run(spec);
      },
    };
    worker = await startWorker({
      ...{ context: world.context, kinds, metrics: null, onBroken: () => {} },
      sandbox: Object.assign(Object.create(sandbox), watched),
      fetcher: createFetcher({ allow: [], ports: [443], maxBytes: 2 ** 20, deadlineMs: 5000 }),
      logger: createLogger({ level: 'silent', role: 'worker' }),
      selfTest: { tier: sandbox.tier, passed: true, checks: [], at: new Date() },
      settings: {
        ...{ databaseUrl: world.database.url, version: 'test', dataDir: folder, workDir: join(folder, 'work', 'one') },
        ...{ slots: [['light', 'heavy'], ['interactive']], cores: 2, cellMemoryBytes: 2 * 2 ** 30, drainMs: 1000 },
        ...{ diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true, storageWaitSeconds: 3600, outputWaitMs: 60_000 },
      },
    });
    account = await world.account();
    const clip = await makeClip(join(folder, 'clip.mp4'), { size: '128x72', rate: 10 });
    fileUrl = (await world.uploadFile(account, await readFile(clip))).fileUrl;
  });
  afterAll(async () => {
    await worker?.drain();
    await sandbox?.close();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Moves every time that a sweep reads two hours into the past, except for the heartbeats of workers. */
  const pass = async (id: string) => {
    const change = (column: string) => `${column} = ${column} - interval '2 hours'`;
    const age = (table: string, columns: string[], where: string) =>
      world.database.pg.query(`UPDATE ${table} SET ${columns.map(change).join(', ')} WHERE ${where} = $1`, [id]);
    await age('objects', ['created_at', 'delete_after'], 'job_id');
    await age('attempts', ['started_at'], 'job_id');
    await age('jobs', ['created_at', 'updated_at', 'started_at', 'available_at', 'expires_at'], 'id');
    await sweepExpired(world.context);
  };

  it.each(Object.entries(PAIRS))('completes, and all of its outputs can be downloaded: %s', async (_, outputs) => {
    cells = 0;
    const body = { inputs: [{ url: fileUrl }], outputFormat: undefined, outputs };
    const { id } = await world.accept(account, body as unknown as Parameters<JobWorld['accept']>[1]);
    before = () => pass(id);
    await until(async () => (await world.row(id)).completed_at, { what: 'the end of the job' });
    expect(await world.view(id)).toMatchObject({ error_message: null });
    expect(cells).toBeGreaterThan(1);
    const view = await world.view(id);
    expect(view).toMatchObject({
      status: 'completed',
      outputs: outputs.map(({ name }) => ({ name, status: 'completed' })),
    });
    await sweepExpired(world.context);
    for (const { name, outputFormat } of outputs) {
      const request = { output: name, ...(outputFormat === 'hls' && { file: 'master.m3u8' }) };
      const response = await fetch(await downloadUrl(world.context, await world.row(id), request));
      expect(response.status).toBe(200);
      const bytes = Buffer.from(await response.arrayBuffer());
      const { sha256 } = view.outputs.find((output) => output.name === name)!;
      if (outputFormat !== 'hls') expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
  });
});
