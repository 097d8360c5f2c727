import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { JobFailure } from '../../src/contract/failures.ts';
import type { CreateBody } from '../../src/contract/transcodes.ts';
import { createFetcher } from '../../src/fetcher/index.ts';
import { cancelJob } from '../../src/jobs/cancel.ts';
import { KEPT_TIMES, LADDER_PIECES, MIXED_PIECES, RELEASE_CAPABILITIES } from '../../src/jobs/capabilities.ts';
import { childrenOf } from '../../src/jobs/children.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { eraseJob } from '../../src/jobs/erase.ts';
import { recoverLost } from '../../src/jobs/recover.ts';
import { kinds } from '../../src/kinds/registry.ts';
import type { CellResult, CellSpec, Sandbox } from '../../src/sandbox/types.ts';
import { treeFileKey } from '../../src/storage/keys.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { startWorker, type Worker } from '../../src/worker/worker.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { run } from '../../testkit/run.ts';
import { until } from '../../testkit/until.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { openTestSandbox } from '../helpers/root-image.ts';

const FRAMES = 15 * 14;
/** FFmpeg arguments for a clip with a key frame in each second. */
const CLIP = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=128x72:r=15:d=14', '-f', 'lavfi', '-i', 'sine=d=14', '-pix_fmt', 'yuv420p'],
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '15', '-c:a', 'aac'],
];
/** The same clip as a phone records it: with frames that are up to 8 ms early or late. */
const PHONE_CLIP = [
  ...[...CLIP, '-vf', "settb=1/90000,setpts='PTS+gt(N,0)*floor(1440*(random(1)-0.5))'", '-fps_mode', 'passthrough'],
  ...['-enc_time_base', '1/90000', '-video_track_timescale', '90000'],
];
const OPTIONS = [
  { option: '-crf', argument: '25' },
  { option: '-preset', argument: 'veryfast' },
];
const isPiece = ({ args }: CellSpec) => args.includes('-frames:v');
/** Returns whether the cell encodes a piece of a ladder, and not a picture for its poster. */
const isRungs = (spec: CellSpec) => isPiece(spec) && spec.args.some((arg) => arg.startsWith('/out/ladder-'));
const isJoin = ({ args }: CellSpec) => args.includes('/in/video');

describe('a video that is encoded in pieces', () => {
  let world: JobWorld;
  let sandbox: Sandbox;
  let folder: string;
  let account: Awaited<ReturnType<JobWorld['account']>>;
  let fileUrl: string;
  let worker: Worker;
  /** The cells of pieces that were started. `instead` can replace the run of a cell. */
  let cells: CellSpec[] = [];
  let instead: (spec: CellSpec, cell: () => Promise<CellResult>) => Promise<CellResult> = (_, cell) => cell();

  beforeAll(async () => {
    world = await makeJobWorld();
    await chmod(dirname(world.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-pieces-'));
    await chmod(folder, 0o711);
    sandbox = await openTestSandbox({ dataDir: folder, slots: 3 });
    const watched: Partial<Sandbox> = {
      run(spec) {
        cells.push(spec);
        return instead(spec, () => sandbox.run(spec));
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
        ...{ slots: [['light', 'heavy'], ['light', 'heavy'], ['interactive']], cores: 2 },
        ...{ cellMemoryBytes: 2 * 2 ** 30, drainMs: 1000, diskReserve: { percent: 0, bytes: 0 }, sharesDisk: true },
        ...{ storageWaitSeconds: 3600, outputWaitMs: 60_000, chunks: 'always' },
      },
    });
    account = await world.account();
    await makeMedia(join(folder, 'clip.mp4'), CLIP);
    fileUrl = (await world.uploadFile(account, await readFile(join(folder, 'clip.mp4')))).fileUrl;
  });
  afterEach(() => {
    [cells, instead] = [[], (_, cell) => cell()];
  });
  afterAll(async () => {
    await worker?.drain();
    await sandbox?.close();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const submit = () => world.accept(account, { inputs: [{ url: fileUrl }], options: OPTIONS });
  const status = (id: string, wanted: string) =>
    until(async () => (await world.row(id)).status === wanted, { what: `the job to be ${wanted}` });
  const children = (id: string) => childrenOf(world.database.db, id);
  /** Returns the distinct states of the objects of a job's pieces. */
  /** Waits until no bytes of a piece are being deleted, and returns the states of the pieces. */
  const left = (id: string) =>
    until(
      async () => {
        const { rows } = await world.database.pg.query(
          'SELECT DISTINCT objects.state FROM objects JOIN jobs ON jobs.id = job_id WHERE parent_id = $1',
          [id],
        );
        const states: string[] = rows.map(({ state }) => state);
        return states.includes('deleting') ? null : states;
      },
      { what: 'the deletion of the pieces' },
    );
  /** Lets another worker take the lease of the attempt while the cell runs, as if the worker had died. */
  const loseLease = async (spec: CellSpec) => {
    await world.database.pg.query(
      `UPDATE attempts SET heartbeat_at = now() - interval '1 hour' WHERE state = 'running' AND id = $1`,
      [attemptOf(spec)],
    );
    await recoverLost(world.context, []);
  };
  /** Makes the first piece that runs lose its lease, as if its worker had died. */
  const loseFirstPiece = () => {
    let isLost = false;
    instead = async (spec, cell) => {
      if (isLost || !isPiece(spec)) return cell();
      isLost = true;
      await loseLease(spec);
      return cell();
    };
  };
  const download = async (id: string) => {
    const { rows } = await world.database.pg.query(`SELECT key FROM objects WHERE job_id = $1 AND state = 'live'`, [
      id,
    ]);
    const path = join(folder, `${id}.mp4`);
    await writeFile(path, await buffer((await world.context.store.get(rows[0].key))!));
    return path;
  };
  const framesOf = async (path: string) => {
    const args = ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', path];
    return (await run('ffprobe', args)).stdout.split('\n').map(Number);
  };
  /** Returns the times in seconds at which the packets of a stream are presented, in rising order. */
  const timesOf = async (path: string, stream = 'v') => {
    const args = ['-v', 'error', '-select_streams', stream, '-show_entries', 'packet=pts_time', '-of', 'csv=p=0', path];
    const lines = (await run('ffprobe', args)).stdout.match(/^-?[\d.]+/gm) ?? [];
    return lines.map(Number).sort((one, other) => one - other);
  };

  it('contains every frame once, is one job for its owner, and leaves no piece behind', async () => {
    const job = await submit();
    await status(job.id, 'completed');
    expect(cells.filter(isPiece)).toHaveLength(2);
    expect(cells.filter(isJoin)).toHaveLength(1);
    const view = await world.view(job.id);
    expect(view.outputs[0]).toMatchObject({
      plan: { video: { mode: 'encoded', split: { pieces: 2, reason: expect.stringContaining('slots') } } },
    });
    expect(view.outputs[0]!.duration_seconds).toBeCloseTo(FRAMES / 15, 2);
    expect(await framesOf(await download(job.id))).toContain(FRAMES);
    expect(await world.list(account)).toMatchObject([{ id: job.id }]);
    expect(await world.events(job.id)).toEqual(['queued', 'started', 'awaiting_children', 'started', 'completed']);
    expect((await world.attempts(job.id)).map(({ state }) => state)).toEqual(['released', 'completed']);
    expect(await left(job.id)).toEqual(['deleted']);
    expect((await children(job.id)).map(({ erased_at }) => erased_at === null)).toEqual([false, false, false]);
    await eraseJob(world.context, account.id, 'transcode', job.id, { actor: 'test', ip: null, requestId: null });
    fileUrl = (await world.uploadFile(account, await readFile(join(folder, 'clip.mp4')))).fileUrl;
  });

  it('keeps the time of every frame of a source without a constant rate', async () => {
    await makeMedia(join(folder, 'phone.mp4'), PHONE_CLIP);
    const { fileUrl: url } = await world.uploadFile(account, await readFile(join(folder, 'phone.mp4')));
    const times = await timesOf(join(folder, 'phone.mp4'));
    expect(Math.max(...times.map((time, frame) => Math.abs(time - frame / 15)))).toBeGreaterThan(0.005);
    for (const outputFormat of ['mp4', 'mov'] as const) {
      const job = await world.accept(account, { inputs: [{ url }], options: OPTIONS, outputFormat });
      await status(job.id, 'completed');
      const { split } = (await world.view(job.id)).outputs[0]!.plan!.video!;
      expect(split).toEqual({ pieces: 2, reason: expect.stringContaining('slots') });
      expect((await world.row(job.id)).needs).toContain(KEPT_TIMES);
      const output = await download(job.id);
      const made = await timesOf(output);
      expect(made).toHaveLength(times.length);
      expect(Math.max(...made.map((time, frame) => Math.abs(time - times[frame]!)))).toBeLessThan(0.00001);
      expect((await timesOf(output, 'a'))[0]).toBe((await timesOf(join(folder, 'phone.mp4'), 'a'))[0]);
    }
  });

  it('is encoded as a whole when a piece fails permanently, and the plan reports this', async () => {
    instead = async (spec, cell) => {
      const result = await cell();
      return isPiece(spec) ? { ...result, exitCode: 1 } : result;
    };
    const job = await submit();
    await status(job.id, 'completed');
    const { split } = (await world.view(job.id)).outputs[0]!.plan!.video!;
    expect(split).toEqual({ pieces: 1, reason: expect.stringContaining('A piece failed') });
    expect(await framesOf(await download(job.id))).toContain(FRAMES);
    expect(await left(job.id)).toEqual(['deleted']);
  });

  it('is encoded as a whole when a frame is missing after the join', async () => {
    instead = (spec, cell) => {
      if (!isPiece(spec)) return cell();
      const at = spec.args.indexOf('-frames:v') + 1;
      const args = spec.args.with(at, String(Number(spec.args[at]) - 1));
      return sandbox.run({ ...spec, args });
    };
    const job = await submit();
    await status(job.id, 'completed');
    const { split } = (await world.view(job.id)).outputs[0]!.plan!.video!;
    expect(split).toEqual({ pieces: 1, reason: expect.stringMatching(/piece .* has \d+ frames instead of \d+/) });
    expect(await framesOf(await download(job.id))).toContain(FRAMES);
  });

  it('encodes only one piece again when the worker of this piece dies', async () => {
    loseFirstPiece();
    const job = await submit();
    await status(job.id, 'completed');
    expect((await children(job.id)).map(({ attempts }) => attempts).sort()).toEqual([1, 1, 2]);
    expect((await world.view(job.id)).outputs[0]!.plan!.video!.split!.pieces).toBe(2);
  });

  it('cancels its pieces when it is canceled', async () => {
    const waiting: (() => void)[] = [];
    instead = async (spec, cell) => {
      if (isPiece(spec)) await new Promise<void>((resolve) => waiting.push(resolve));
      return cell();
    };
    const job = await submit();
    await until(() => waiting.length === 2, { what: 'two pieces to run' });
    expect(await world.view(job.id)).toMatchObject({ status: 'processing', queue_position: null });
    await cancelJob(world.context, account.id, 'transcode', job.id);
    for (const resolve of waiting) resolve();
    expect(new Set((await children(job.id)).map(({ status: end }) => end))).toEqual(new Set(['canceled']));
    await until(async () => !(await left(job.id)).some((state) => ['live', 'pending'].includes(state)), {
      what: 'the pieces to be gone',
    });
    expect(await world.events(job.id)).toEqual(['queued', 'started', 'awaiting_children', 'canceled']);
  });

  describe('a ladder that is encoded in pieces', () => {
    const submitLadder = () =>
      world.accept(account, {
        ...{ inputs: [{ url: fileUrl }], outputFormat: 'cmaf', segment_seconds: 2 },
        ladder: [{ height: 72 }, { height: 64, bitrate: '60k' }],
      });
    const treeOf = async (id: string) => {
      const { rows } = await world.database.pg.query(`SELECT key FROM objects WHERE job_id = $1 AND state = 'live'`, [
        id,
      ]);
      return async (path: string) =>
        (await buffer((await world.context.store.get(treeFileKey(rows[0].key, path)))!)).toString();
    };

    it('has all renditions of a piece from one decode, is packaged without a command, and leaves no piece behind', async () => {
      const job = await submitLadder();
      await until(async () => (await children(job.id)).length === 3, { what: 'the pieces' });
      expect((await children(job.id)).map(({ needs }) => needs)).toEqual([[LADDER_PIECES], [LADDER_PIECES], []]);
      expect((await world.row(job.id)).needs).toContain(LADDER_PIECES);
      await status(job.id, 'completed');
      expect(cells.map((spec) => [isPiece(spec), spec.outputs?.length])).toEqual(
        expect.arrayContaining([
          [true, 2],
          [true, 2],
          [false, 1],
        ]),
      );
      expect(cells).toHaveLength(3);
      const [output] = (await world.view(job.id)).outputs;
      expect(output).toMatchObject({
        plan: { video: { split: { pieces: 2 } }, audio: { mode: 'encoded' } },
        renditions: [{ height: 72 }, { height: 64 }],
      });
      expect(output!.duration_seconds).toBeCloseTo(FRAMES / 15, 1);
      const read = await treeOf(job.id);
      const segments = (await read('72p/index.m3u8')).match(/#EXTINF:[\d.]+/g);
      expect(segments).toEqual(Array(7).fill('#EXTINF:2.000000'));
      expect(await read('master.m3u8')).toContain('mp4a.40.2');
      expect(await left(job.id)).toEqual(['deleted']);
      expect(await world.events(job.id)).toEqual(['queued', 'started', 'awaiting_children', 'started', 'completed']);
    });

    it('is encoded as a whole when a frame of a piece is missing', async () => {
      instead = (spec, cell) => {
        if (!isPiece(spec)) return cell();
        const at = spec.args.lastIndexOf('-frames:v') + 1;
        return sandbox.run({ ...spec, args: spec.args.with(at, String(Number(spec.args[at]) - 1)) });
      };
      const job = await submitLadder();
      await status(job.id, 'completed');
      const { split } = (await world.view(job.id)).outputs[0]!.plan!.video!;
      expect(split).toEqual({ pieces: 1, reason: expect.stringMatching(/piece .* has \d+ frames instead of \d+/) });
      expect(await (await treeOf(job.id))('master.m3u8')).toContain('64p/index.m3u8');
      expect(await left(job.id)).toEqual(['deleted']);
    });

    it('encodes only one piece again when the worker of this piece dies', async () => {
      loseFirstPiece();
      const job = await submitLadder();
      await status(job.id, 'completed');
      expect((await children(job.id)).map(({ attempts }) => attempts).sort()).toEqual([1, 1, 2]);
      expect((await world.view(job.id)).outputs[0]!.plan!.video!.split!.pieces).toBe(2);
      expect(await left(job.id)).toEqual(['deleted']);
    });

    describe('a ladder in pieces with other outputs', () => {
      const OUTPUTS: NonNullable<CreateBody['outputs']> = [
        { name: 'stream', outputFormat: 'hls', ladder: [{ height: 72 }, { height: 64 }], segment_seconds: 2 },
        { name: 'file', outputFormat: 'mp4', preset: { quality: 'low' } },
        { name: 'poster', outputFormat: 'jpg', still: { at: 'best' } },
        { name: 'scrub', outputFormat: 'sprite', every_seconds: 4 },
      ];
      const submitMixed = (count = OUTPUTS.length) =>
        world.accept(account, {
          ...{ inputs: [{ url: fileUrl }], outputFormat: undefined },
          outputs: OUTPUTS.slice(0, count),
        });

      it('is encoded in pieces, and the worker that packages the ladder makes the other outputs', async () => {
        const job = await submitMixed();
        await status(job.id, 'completed');
        const pieces = cells.filter(isRungs);
        expect(pieces.map(({ outputs }) => outputs?.length)).toEqual([2, 2]);
        const { outputs, warnings } = await world.view(job.id);
        expect(warnings).toEqual([]);
        expect(outputs.map(({ name, status: end, files }) => [name, end, files])).toEqual([
          ['stream', 'completed', expect.any(Number)],
          ['file', 'completed', 1],
          ['poster', 'completed', 1],
          ['scrub', 'completed', 2],
        ]);
        expect(outputs[0]).toMatchObject({
          plan: { video: { split: { pieces: 2 } } },
          renditions: [{ height: 72 }, { height: 64 }],
        });
        expect(outputs[1]!.duration_seconds).toBeCloseTo(FRAMES / 15, 1);
        expect(await left(job.id)).toEqual(['deleted']);
        expect((await world.attempts(job.id)).map(({ state }) => state)).toEqual(['released', 'completed']);
      });

      it('is encoded together with the other outputs when a piece fails permanently', async () => {
        instead = async (spec, cell) => {
          const result = await cell();
          return isRungs(spec) ? { ...result, exitCode: 1 } : result;
        };
        const job = await submitMixed(2);
        await status(job.id, 'completed');
        const { outputs } = await world.view(job.id);
        expect(outputs[0]!.plan!.video!.split).toEqual({
          pieces: 1,
          reason: expect.stringContaining('A piece failed'),
        });
        expect(outputs.map(({ status: end }) => end)).toEqual(Array(2).fill('completed'));
      });

      it('keeps its pieces when another output fails and is retried', async () => {
        let failures = 0;
        instead = async (spec, cell) => {
          const isFile = spec.args.some((arg) => /^\/out\/output.+\.mp4$/.test(arg));
          if (isRungs(spec) || !isFile || failures++ > 0) return cell();
          throw new JobFailure('internal', 'The worker has no memory.');
        };
        const job = await submitMixed(2);
        await until(
          async () => {
            if (failures > 0) await world.skipDelays();
            return (await world.row(job.id)).status === 'completed';
          },
          { what: 'the job' },
        );
        expect((await world.attempts(job.id)).map(({ state }) => state)).toEqual(['released', 'failed', 'completed']);
        expect((await children(job.id)).map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
        expect((await world.view(job.id)).outputs[0]!.plan!.video!.split!.pieces).toBe(2);
      });

      it('is not claimed by a worker of a release that would make only the ladder', async () => {
        const waiting: (() => void)[] = [];
        instead = async (spec, cell) => {
          if (isRungs(spec)) await new Promise<void>((resolve) => waiting.push(resolve));
          return cell();
        };
        const job = await submitMixed();
        await until(() => waiting.length === 2, { what: 'two pieces to run' });
        await world.database.pg.query('UPDATE jobs SET awaiting = NULL WHERE id = $1', [job.id]);
        const capabilities = RELEASE_CAPABILITIES.filter((one) => one !== MIXED_PIECES);
        const older = { id: randomUUID(), tier: 'bwrap', capabilities };
        const claimed: string[] = [];
        for (;;) {
          const claim = await claimJob(world.context, 'light', { worker: older });
          if (!claim) break;
          claimed.push(claim.job.id);
        }
        const audio = (await children(job.id)).filter(({ needs }) => needs.length === 0);
        expect(claimed).toEqual(audio.map(({ id }) => id));
        await cancelJob(world.context, account.id, 'transcode', job.id);
        for (const resolve of waiting) resolve();
      });
    });

    it('leaves no file of its pieces behind when it is canceled', async () => {
      let open: () => void = () => {};
      const isLast = new Promise<void>((resolve) => {
        open = resolve;
      });
      let count = 0;
      instead = async (spec, cell) => {
        if (isPiece(spec) && ++count === 2) await isLast;
        return cell();
      };
      const job = await submitLadder();
      await until(async () => (await left(job.id)).includes('live') && count === 2, { what: 'one piece to be stored' });
      await cancelJob(world.context, account.id, 'transcode', job.id);
      open();
      const isGone = async () => (await left(job.id)).every((state) => state === 'deleting' || state === 'deleted');
      await until(isGone, { what: 'the pieces to be gone' });
    });
  });
});

/** Returns the id of the attempt whose work folder contains the input of a cell. */
function attemptOf({ inputs }: CellSpec): string {
  return inputs[0]!.path.split('/').find((part) => /^[0-9a-f]{8}-[0-9a-f]{4}-7/.test(part))!;
}
