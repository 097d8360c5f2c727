import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DiskBudget } from '../../src/attempt/resources/disk-reservation.ts';
import { openMemoryBudget } from '../../src/attempt/resources/memory-reservation.ts';
import { createTransferPools } from '../../src/attempt/resources/transfer-pools.ts';
import type { Run, WorkTools } from '../../src/attempt/tools.ts';
import { type JobPlan, planJob } from '../../src/ffmpeg/index.ts';
import { completeJob, failAttempt, releaseJob } from '../../src/jobs/finish.ts';
import { insertJob } from '../../src/jobs/insert.ts';
import type { Claim } from '../../src/jobs/rows.ts';
import type { OpenedRequest, TranscodeAttempt } from '../../src/kinds/transcode/attempt.ts';
import { completionOf } from '../../src/kinds/transcode/completion.ts';
import { runCommands } from '../../src/kinds/transcode/run-commands.ts';
import { cellFiles, readySources } from '../../src/kinds/transcode/sources/prepared.ts';
import type { Sandbox } from '../../src/sandbox/index.ts';
import { openSanitizer } from '../../src/sanitizer/index.ts';
import { createLogger } from '../../src/telemetry/index.ts';
import { openPlanner } from '../../src/threads/planning/index.ts';
import { inspect } from '../../testkit/inspect-media.ts';
import { fileOf } from '../../testkit/planned-file.ts';
import { run } from '../../testkit/run.ts';
import { type JobWorld, makeJobWorld } from '../helpers/job-world.ts';
import { openTestSandbox } from '../helpers/root-image.ts';

const FORMATS = ['mp4', 'jpg', 'mp3'] as const;

describe('a plan of several commands', () => {
  let world: JobWorld;
  let folder: string;
  let clip: string;
  let sandbox: Sandbox;
  let tools: WorkTools;
  beforeAll(async () => {
    world = await makeJobWorld();
    await chmod(dirname(world.gateway.root), 0o711);
    folder = await mkdtemp(join(tmpdir(), 'airlock-commands-'));
    await chmod(folder, 0o711);
    clip = join(folder, 'clip.mp4');
    const sources = ['testsrc2=s=160x90:d=1', 'sine=d=1'].flatMap((source) => ['-f', 'lavfi', '-i', source]);
    await run('ffmpeg', [...sources, '-c:v', 'libx264', '-c:a', 'aac', '-shortest', clip]);
    sandbox = await openTestSandbox({ dataDir: folder, slots: 1 });
    tools = {
      ...{ context: world.context, sandbox, fetcher: null as never, memory: openMemoryBudget(2 ** 30) },
      ...{ sanitizer: openSanitizer({ threads: 1 }), planner: openPlanner({ threads: 1 }) },
      logger: createLogger({ level: 'silent', role: 'worker' }),
      transfers: createTransferPools(),
      measure: (_, step) => step(),
      onStorageUnreachable: () => {},
      settings: { version: 'test', cores: 2, cellMemoryBytes: 2 ** 30, outputWaitMs: 1000, slots: [['light']] },
    };
  });
  afterAll(async () => {
    await tools?.sanitizer.close();
    await tools?.planner.close();
    await sandbox?.close();
    await world?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Begins an attempt at a job with an output of each format. If `end` is given, it first ends two earlier attempts. */
  async function begin(end?: (claim: Claim) => Promise<boolean>): Promise<TranscodeAttempt> {
    const account = await world.account();
    await world.database.db.transaction().execute((tx) =>
      insertJob(world.context, tx, {
        ...{ kind: 'transcode', accountId: account.id, keyId: null, requestId: null, resourceClass: 'light' },
        ...{ request: null, facts: '{"v":1}', settings: null, sources: [], warnings: [], metadata: null },
        ...{ outputs: FORMATS.map((format) => ({ format, name: `a.${format}` })), retentionSeconds: 60 },
      }),
    );
    for (let ended = 0; end && ended < 2; ended++) {
      await end(await world.mustClaim());
      await world.skipDelays();
    }
    const claim = await world.mustClaim();
    const disk = new DiskBudget({
      measure: async () => ({ spareBytes: 2 ** 30, spareFiles: 1e6 }) as never,
      promised: async () => ({ bytes: 0, accounts: 1 }),
      cells: 1,
    });
    const attempt: Run = {
      ...{ claim, folder, disk: await disk.enter(account.id), signal: new AbortController().signal },
      lease: {
        ...{ acquire: async () => 0, release: () => {}, leave: () => {}, markBrief: () => {} },
        ...{ isNeeded: () => false, classes: () => ['heavy'] },
      },
      ...{ onReplaced: () => {}, reserved: () => {} },
    };
    const request = { fonts: [], limits: {}, warnings: [] } as unknown as OpenedRequest;
    return { tools, run: attempt, request, atEnd: [] };
  }

  /** Plans the job, applies `change` to the plan, runs it, and ends the job. */
  async function make(attempt: TranscodeAttempt, change: (plan: JobPlan) => JobPlan = (plan) => plan) {
    const input = { ...(await inspect(clip)), path: '/in/0', file: clip, source: clip, countedSeconds: null };
    const request = { inputs: [{ url: clip }], outputs: FORMATS.map((outputFormat) => ({ outputFormat })) };
    const plan = change(planJob(request, [input], { resourceClass: 'light', cores: 2 }));
    const inputs = [{ ...input, packets: null }];
    const sources = readySources(attempt, { slot: 0, inputs, assets: [], files: cellFiles({ inputs, assets: [] }) });
    const made = await runCommands(attempt, sources, plan);
    await completeJob(world.context, attempt.run.claim, completionOf(attempt, sources, made));
    return plan;
  }

  const outputsOf = async ({ run: { claim } }: TranscodeAttempt) =>
    (await world.outputs(claim.job.id)).map(({ format, status, error_code }) => [format, status, error_code]);

  /** Returns the plan with a command of the picture that fails. */
  const breakPicture = (plan: JobPlan): JobPlan => ({
    ...plan,
    commands: plan.commands.map((command) =>
      command.outputs.some(({ format }) => format === 'jpg')
        ? { ...command, args: command.args.map((arg) => (arg === '/in/0' ? '/in/absent' : arg)) }
        : command,
    ),
  });

  it('makes each output of a job, and completes the job', async () => {
    const attempt = await begin();
    const { commands } = await make(attempt);
    expect(commands.length).toBeGreaterThan(1);
    expect((await world.row(attempt.run.claim.job.id)).status).toBe('completed');
    expect(await outputsOf(attempt)).toEqual(FORMATS.map((format) => [format, 'completed', null]));
  });

  it('fails only the outputs of a command that fails, and then the job with the error of this command', async () => {
    const attempt = await begin();
    await make(attempt, breakPicture);
    const job = await world.row(attempt.run.claim.job.id);
    expect(job).toMatchObject({ status: 'failed', error_code: expect.any(String) });
    expect(await outputsOf(attempt)).toEqual([
      ['mp4', 'completed', null],
      ['jpg', 'failed', job.error_code],
      ['mp3', 'completed', null],
    ]);
    const { rows } = await world.database.pg.query(
      `SELECT DISTINCT key, state FROM objects WHERE job_id = $1 AND state = 'live'`,
      [job.id],
    );
    expect(rows).toHaveLength(2);
  });

  /** Changes a plan to make a directory of pictures instead of one picture. */
  const intoDirectory =
    (names: string, { maxFiles = 20, encoder = 'mjpeg' } = {}) =>
    (plan: JobPlan): JobPlan => ({
      ...plan,
      commands: plan.commands.map((command) => {
        const [picture] = command.outputs;
        if (picture!.format !== 'jpg') return command;
        const { position, contentType, streams } = picture!;
        const path = '/out/pictures';
        const expected = { ...fileOf(picture).expect, maxBytes: 2 ** 20 };
        const make = { kind: 'directory' as const, names: /^thumb-\d{4}\.jpg$/, expect: expected };
        const bounds = { maxBytes: 2 ** 20, maxFiles };
        const tree = { files: [], directories: [{ path, maxFiles: 20 }], ...bounds, make };
        const args = ['-nostdin', '-i', '/in/0', '-vf', 'fps=5', '-c:v', encoder, '-f', 'image2', `${path}/${names}`];
        return { ...command, args, outputs: [{ position, format: 'jpg', contentType, streams, tree }] };
      }),
    });

  it('stores a directory that a command has filled as one output', async () => {
    const attempt = await begin();
    await make(attempt, intoDirectory('thumb-%04d.jpg'));
    const [, pictures] = await world.outputs(attempt.run.claim.job.id);
    expect(pictures).toMatchObject({
      status: 'completed',
      facts: { files: 5, width: 160, height: 90, video_codec: 'mjpeg', duration_seconds: null },
    });
    const { rows } = await world.database.pg.query('SELECT files, key FROM objects WHERE id = $1', [
      pictures!.object_id,
    ]);
    expect(rows[0]).toMatchObject({ files: 5, key: expect.stringMatching(/\/1\/$/) });
  });

  it.each([
    ['a file of another name', 'other-%04d.jpg', {}, 'output_invalid'],
    ['more files than the plan allows', 'thumb-%04d.jpg', { maxFiles: 3 }, 'limit_output'],
    ['files that are no pictures', 'thumb-%04d.jpg', { encoder: 'rawvideo' }, 'output_invalid'],
  ])('fails only the output whose directory contains %s', async (_, names, changes, code) => {
    const attempt = await begin();
    await make(attempt, intoDirectory(names, changes));
    expect(await outputsOf(attempt)).toEqual([
      ['mp4', 'completed', null],
      ['jpg', 'failed', code],
      ['mp3', 'completed', null],
    ]);
  });

  const TEMPORARY = { code: 'source_unreachable', message: 'The server did not respond.' } as const;
  const failPicture = ({ commands }: JobPlan): JobPlan => ({
    commands: commands.filter(({ outputs }) => outputs.every(({ format }) => format !== 'jpg')),
    failures: [{ position: FORMATS.indexOf('jpg'), ...TEMPORARY }],
  });

  it('keeps its outputs and fails the attempt with a temporary failure if two attempts were released', async () => {
    const attempt = await begin((claim) => releaseJob(world.context, claim));
    expect(attempt.run.claim.number).toBe(3);
    await expect(make(attempt, failPicture)).rejects.toMatchObject({ code: TEMPORARY.code, retry: true });
    expect(await outputsOf(attempt)).toEqual([
      ['mp4', 'completed', null],
      ['jpg', 'pending', null],
      ['mp3', 'completed', null],
    ]);
  });

  it('fails the output and the job with a temporary failure if two attempts failed', async () => {
    const attempt = await begin((claim) => failAttempt(world.context, claim, { ...TEMPORARY, retry: true }, null));
    await make(attempt, failPicture);
    expect(await world.row(attempt.run.claim.job.id)).toMatchObject({ status: 'failed', error_code: TEMPORARY.code });
    expect(await outputsOf(attempt)).toEqual([
      ['mp4', 'completed', null],
      ['jpg', 'failed', TEMPORARY.code],
      ['mp3', 'completed', null],
    ]);
  });

  it('fails the attempt if no command produces an output', async () => {
    const attempt = await begin();
    const breakAll = (plan: JobPlan): JobPlan => ({
      commands: plan.commands.map((command) => ({ ...command, args: ['-i', '/in/absent', '/out/a'] })),
    });
    await expect(make(attempt, breakAll)).rejects.toMatchObject({ name: 'JobFailure' });
    expect(await outputsOf(attempt)).toEqual(FORMATS.map((format) => [format, 'pending', null]));
  });

  it('fails the attempt with a violation of the sandbox, even if an earlier output failed for another reason', async () => {
    const attempt = await begin();
    const violation = { position: 2, code: 'sandbox_violation', message: 'The command was stopped.' } as const;
    const breakAll = ({ commands }: JobPlan): JobPlan => ({
      commands: commands.slice(0, 1).map((command) => ({ ...command, args: ['-i', '/in/absent', '/out/a'] })),
      failures: [violation],
    });
    await expect(make(attempt, breakAll)).rejects.toMatchObject({ code: 'sandbox_violation' });
  });

  it('keeps the first file of an output with a target if the second encode fails, and warns about it', async () => {
    const attempt = await begin();
    const encodes: string[] = [];
    const limited: Sandbox = Object.create(sandbox, {
      run: {
        value: (spec: Parameters<Sandbox['run']>[0]) => {
          const at = spec.args.indexOf('-crf:v');
          if (at < 0) return sandbox.run(spec);
          encodes.push(spec.args[at + 1]!);
          // The second encode gets less space than any file needs.
          const outputBytes = encodes.length > 1 ? 4096 : spec.limits.outputBytes;
          return sandbox.run({ ...spec, limits: { ...spec.limits, outputBytes } });
        },
      },
    });
    const input = { ...(await inspect(clip)), path: '/in/0', file: clip, source: clip, countedSeconds: null };
    const target = { metric: 'ssim', atLeast: 0.9995, maxBitRate: null } as const;
    const request = { inputs: [{ url: clip }], outputs: [{ outputFormat: 'mp4' as const, target }] };
    const plan = planJob(request, [input], { resourceClass: 'light', cores: 2 });
    const inputs = [{ ...input, packets: null }];
    const changed = { ...attempt, tools: { ...tools, sandbox: limited } };
    const sources = readySources(changed, { slot: 0, inputs, assets: [], files: cellFiles({ inputs, assets: [] }) });
    const made = await runCommands(changed, sources, plan);
    expect(encodes).toHaveLength(2);
    expect(made.failures).toEqual([]);
    expect(made.outputs[0]!.facts.quality!.mean).toBeLessThan(0.9995);
    expect(made.warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('did not reach ssim 0.9995'),
      expect.stringMatching(/second encode .* failed.*result of the first encode.*output/),
    ]);
  });
});
