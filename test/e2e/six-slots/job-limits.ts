import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LIMIT_BOUNDS, LIMIT_NAMES } from '../../../src/contract/limit-bounds.ts';
import { tracesOfJobs } from '../../../testkit/attacks/flood/traces.ts';
import { makeClip, transcode, upload } from '../../../testkit/media.ts';
import type { TestService } from '../../../testkit/service.ts';
import { until } from '../../../testkit/until.ts';
import { commandsOf } from '../../helpers/run-command.ts';

const NO_LIMITS = { memory_mb: null, cpu_seconds: null, wall_seconds: null, output_mb: null };

export const jobLimits = (given: () => TestService) => () => {
  let service: TestService;
  let folder: string;
  /** A clip of one second of 720p, which needs about 130 MB to encode. */
  let clip: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-job-limits-'));
    service = given();
    await makeClip(join(folder, 'clip.mp4'), { size: '1280x720' });
    clip = (await upload(service, join(folder, 'clip.mp4'))).fileUrl;
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const set = (name: string, ...settings: string[]) => commandsOf(service)('accounts', 'set', name, ...settings);
  const option = (name: string, argument?: string) => ({ option: name, ...(argument !== undefined && { argument }) });
  /** Returns a job that takes minutes: it encodes a clip looped for ten minutes with the slowest preset. */
  const slow = () => ({
    inputs: [{ url: clip, options: [option('-stream_loop', '-1')] }],
    outputFormat: 'mp4',
    options: [option('-t', '600'), option('-preset', 'veryslow')],
  });
  /** Returns a job whose output is raw sound, 11 MB per minute. */
  const wide = () => ({
    inputs: [{ url: clip, options: [option('-stream_loop', '-1')] }],
    outputFormat: 'wav',
    options: [option('-t', '600'), option('-c:a', 'pcm_s16le'), option('-ac', '2')],
  });
  const greedy = () => ({ inputs: [{ url: clip }], outputFormat: 'mp4', preset: { quality: 'high' } });
  const small = () => ({ inputs: [{ url: clip }], outputFormat: 'mp3' });

  const stopped = {
    memory_mb: { job: greedy, value: 64, code: 'limit_memory', unit: 'MB' },
    cpu_seconds: { job: slow, value: 1, code: 'limit_cpu', unit: 's' },
    wall_seconds: { job: slow, value: 1, code: 'limit_time', unit: 's' },
    output_mb: { job: wide, value: 1, code: 'limit_output', unit: 'MB' },
  } as const;

  it.each(LIMIT_NAMES)(
    'stop a job at its own %s, name the source of the limit, and leave nothing behind',
    async (name) => {
      const { job, value, code, unit } = stopped[name];
      const [failed, alongside] = await Promise.all([
        transcode(service, { ...job(), limits: { [name]: value } }),
        transcode(service, small()),
      ]);
      expect(failed).toMatchObject({
        status: 'failed',
        error_code: code,
        error_message: expect.stringContaining(`(${value} ${unit}, its own limit).`),
        error_advice: expect.stringContaining(`raise limits.${name} or leave it out`),
        outputs: [],
        attempts: 1,
        limits: { [name]: { requested: value, applied: value, set_by: 'job' } },
      });
      expect(alongside.status).toBe('completed');
      await until(() => tracesOfJobs(service).length === 0, {
        what: 'the removal of every trace of the jobs',
      });
    },
  );

  it('are shown with the requested value, the applied value, and the source of the applied value', async () => {
    const limits = { memory_mb: 300, cpu_seconds: 100_000, wall_seconds: null };
    const created = await service.call('POST', '/v1/transcodes', { ...small(), limits });
    expect(created.json).toMatchObject({
      warnings: [],
      limits: { memory_mb: { requested: 300, applied: null, set_by: null } },
    });
    const { json: job } = await service.call('GET', `/v1/transcodes/${created.json.id}?wait=60`);
    expect(job).toMatchObject({
      status: 'completed',
      limits: {
        memory_mb: { requested: 300, applied: 300, set_by: 'job' },
        cpu_seconds: { requested: 100_000, applied: expect.any(Number), set_by: 'server' },
        wall_seconds: { requested: null, applied: expect.any(Number), set_by: 'server' },
        output_mb: { requested: null, applied: expect.any(Number), set_by: 'server' },
      },
      warnings: [
        { field: 'limits.cpu_seconds', message: expect.stringMatching(/^Has no effect: .*the server's limit/) },
      ],
    });
    expect(job.limits.cpu_seconds.applied).toBeLessThan(100_000);
  });

  it("are lowered but not raised by a job, and a change of the account's limits applies to the next job", async () => {
    const { key } = await service.makeKey('--account', 'narrow');
    const narrow: TestService = {
      ...service,
      call: (method, path, body) => service.call(method, path, body, { authorization: `Bearer ${key}` }),
    };
    const { fileUrl } = await upload(narrow, join(folder, 'clip.mp4'));
    const job = { ...greedy(), inputs: [{ url: fileUrl }], preset: { quality: 'low' } };
    expect(await set('narrow', '--memory-mb', '80', '--wall-seconds', '30')).toMatchObject({ code: 0 });
    const failed = await transcode(narrow, { ...job, limits: { memory_mb: 4000, wall_seconds: 20 } });
    expect(failed).toMatchObject({
      status: 'failed',
      error_code: 'limit_memory',
      error_message: expect.stringContaining("(80 MB, the account's limit)."),
      error_advice: expect.stringMatching(/^The account's limit was hit: use a smaller.*ask the operator.*--memory-mb/),
      limits: {
        memory_mb: { requested: 4000, applied: 80, set_by: 'account' },
        wall_seconds: { requested: 20, applied: 20, set_by: 'job' },
      },
      warnings: [
        { field: 'limits.memory_mb', message: expect.stringMatching(/^Has no effect: .*80 MB, the account's/) },
      ],
    });
    expect((await service.call('POST', '/v1/transcodes/validate', { ...job, limits: { memory_mb: 79 } })).status).toBe(
      200,
    );
    const told = await narrow.call('POST', '/v1/transcodes/validate', { ...job, limits: { memory_mb: 81 } });
    expect(told.json.warnings).toMatchObject([{ field: 'limits.memory_mb' }]);
    expect(await set('narrow', '--memory-mb', 'default')).toMatchObject({ code: 0 });
    expect((await transcode(narrow, job)).status).toBe('completed');
  });

  it('can also be set for a command string', async () => {
    const created = await service.call('POST', '/v1/commands?wait=60', {
      ffmpeg_command: '-i {{in}} -c:v libx264 -crf 18 {{out}}',
      input_files: { in: clip },
      output_files: { out: 'a.mp4' },
      limits: { memory_mb: 64 },
    });
    expect(created.json).toMatchObject({ error_code: 'limit_memory', limits: { memory_mb: { set_by: 'job' } } });
  });

  const bodies: [unknown, string, RegExp][] = [
    ...LIMIT_NAMES.flatMap((name): [unknown, string, RegExp][] => {
      const { least, most } = LIMIT_BOUNDS[name];
      const wrong = [0, -1, least - 1, least + 0.5, most + 1, '512', true, [], {}, 'NaN', 'Infinity'];
      const reason = new RegExp(`an integer from ${least} to ${most} \\(${least} is the minimum: `);
      return wrong.map((value) => [{ [name]: value }, `limits.${name}`, reason]);
    }),
    [
      { memory: 512 },
      'limits',
      /unknown field "memory"; its fields are memory_mb, cpu_seconds, wall_seconds, output_mb/,
    ],
    [{ memory_mb: 512, __proto__x: 1 }, 'limits', /unknown field/],
    ['512', 'limits', /object/],
    [[], 'limits', /object/],
  ];
  it('are rejected with field and minimum if they are impossible', async () => {
    for (const [limits, field, reason] of bodies) {
      for (const path of ['/v1/transcodes', '/v1/transcodes/validate']) {
        const response = await service.call('POST', path, { ...small(), limits });
        expect([JSON.stringify(limits), response.status]).toEqual([JSON.stringify(limits), 400]);
        expect(response.json).toMatchObject({
          code: 'invalid_request',
          details: { field, reason: expect.stringMatching(reason) },
        });
      }
    }
    const raw = JSON.stringify({ ...small(), limits: { memory_mb: 777 } });
    for (const number of ['NaN', '1e400', '-0', '64.0000001']) {
      expect([number, (await service.call('POST', '/v1/transcodes', raw.replace('777', number))).status]).toEqual([
        number,
        400,
      ]);
    }
  });

  it('may be absent or null at every level', async () => {
    for (const limits of [null, {}, NO_LIMITS]) {
      const response = await service.call('POST', '/v1/transcodes/validate', { ...small(), limits });
      expect(response.json).toMatchObject({ valid: true, warnings: [] });
    }
  });
};
