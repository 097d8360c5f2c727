import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { claimJob } from '../../src/jobs/claim.ts';
import { completeJob } from '../../src/jobs/finish.ts';
import { reserveOutput } from '../../src/jobs/outputs.ts';
import type { Claim } from '../../src/jobs/rows.ts';
import { outputKey } from '../../src/storage/keys.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

let api: TestApi;
let url: string;
beforeAll(async () => {
  api = await startApi();
  url = await api.upload();
});
afterAll(() => api?.close());

const OUTPUTS = [
  { outputFormat: 'mp4', preset: { resolution: '720p' } },
  { outputFormat: 'mp4', name: 'small', bitrate: '400k', preset: { resolution: '480p' } },
  { outputFormat: 'webm' },
  { outputFormat: 'mp4' },
];
const create = (outputs: unknown, more: object = {}) =>
  api.call('POST', '/v1/transcodes', { inputs: [{ url }], outputs, ...more });
const read = async (id: string) => (await api.call('GET', `/v1/transcodes/${id}`)).json;

describe('a job with several outputs', () => {
  it('shows each output from the start, by its name and in the order of the request', async () => {
    const { status, json: job } = await create(OUTPUTS);
    expect(status).toBe(201);
    expect(job.outputs.map(({ name, format, status }: Record<string, string>) => [name, format, status])).toEqual([
      ['mp4', 'mp4', 'pending'],
      ['small', 'mp4', 'pending'],
      ['webm', 'webm', 'pending'],
      ['mp4-2', 'mp4', 'pending'],
    ]);
    const unknown = { size: null, files: null, duration_seconds: null, sha256: null, error_code: null };
    expect(job.outputs[0]).toMatchObject({ role: 'media', ...unknown, error_message: null });
    expect(job).toMatchObject({ output_format: 'mp4', output_url: null, warnings: [] });
    expect(job.ffmpeg_options).toEqual({ source: 'preset', options: [], preset: null });
    expect((await read(job.id)).outputs).toEqual(job.outputs);
    const { json: page } = await api.call('GET', '/v1/transcodes?limit=1');
    expect(page.items[0].outputs).toEqual(job.outputs);
    const { json: details } = await api.call('GET', `/v1/transcodes/${job.id}/details`);
    expect(details.request.outputs[1]).toEqual(OUTPUTS[1]);
  });

  it('is validated as a whole: the response contains one command for each decode, and the position of a mistake', async () => {
    const body = { inputs: [{ url }], outputs: [...OUTPUTS, { outputFormat: 'jpg' }] };
    const { json: response } = await api.call('POST', '/v1/transcodes/validate', body);
    expect(response).toMatchObject({ valid: true, errors: [] });
    expect(response.commands).toHaveLength(2);
    expect(response.command).toEqual(response.commands[0]);
    const bad = [{ outputFormat: 'mp4', options: [{ option: '-attach', argument: '/etc/passwd' }] }];
    const rejected = await create([OUTPUTS[0], ...bad]);
    expect(rejected.status).toBe(422);
    expect(rejected.json.details).toMatchObject({
      field: 'outputs[1].options[0]',
      position: { pointer: '/outputs/1/options/0' },
    });
  });

  it('is accepted in a batch', async () => {
    const jobs = [
      { inputs: [{ url }], outputs: OUTPUTS },
      { inputs: [{ url }], outputs: [] },
    ];
    const { json } = await api.call('POST', '/v1/transcodes/batch', { jobs });
    expect(json.items[0].job.outputs).toHaveLength(4);
    expect(json.items[1].error.details.field).toBe('outputs');
  });

  it('keeps its completed outputs when other outputs fail, and signs links to the completed outputs by name', async () => {
    const { json: job } = await create(OUTPUTS);
    const claim = await claimOf(job.id);
    const early = await api.call('GET', `/v1/transcodes/${job.id}/download?output=small`);
    expect([early.status, early.json.code]).toEqual([400, 'transcode_not_completed']);
    const stored = [await storeOutput(claim, 1), await storeOutput(claim, 2)];
    const failures = [
      { code: 'limit_memory' as const, message: 'FFmpeg needed more memory.' },
      { code: 'filter_failed' as const, message: 'The filter crop failed.' },
    ].map((failure, index) => ({ outputId: claim.outputs[index === 0 ? 0 : 3]!.id, failure }));
    const rest = { plan: null, warnings: [], inputSeconds: 1, attempt: null };
    expect(await completeJob(api.context, claim, { ...rest, outputs: stored, failures })).toBe(true);

    const ended = await read(job.id);
    expect(ended).toMatchObject({ status: 'failed', error_code: 'limit_memory' });
    expect(ended.outputs).toMatchObject([
      { name: 'mp4', status: 'failed', error_code: 'limit_memory', error_message: 'FFmpeg needed more memory.' },
      { name: 'small', status: 'completed', size: 5, files: 1, error_code: null },
      { name: 'webm', status: 'completed', format: 'webm' },
      { name: 'mp4-2', status: 'failed', size: null, files: null },
    ]);

    const download = (query: string) => api.call('GET', `/v1/transcodes/${job.id}/download${query}`);
    const { json: link } = await download('?output=small');
    const response = await fetch(link.url);
    expect(response.headers.get('content-disposition')).toContain('-small.mp4');
    expect(await response.text()).toBe('bytes');
    for (const [output, error_code, reason, remedy] of [
      ['mp4', 'limit_memory', 'FFmpeg needed more memory.', /memory|resolution/i],
      ['mp4-2', 'filter_failed', 'The filter crop failed.', /filter/i],
    ] as const) {
      const failed = await download(`?output=${output}`);
      expect([failed.status, failed.json.code]).toEqual([409, 'transcode_failed']);
      expect(failed.json.details).toEqual({
        ...{ output, status: 'failed', error_code, reason: `Output "${output}" failed: ${reason}` },
        remedy: expect.stringMatching(remedy),
      });
      const files = await api.call('GET', `/v1/transcodes/${job.id}/files?output=${output}`);
      expect([files.status, files.json.details]).toEqual([409, failed.json.details]);
    }
    const unnamed = await download('');
    expect(unnamed.status).toBe(400);
    expect(unnamed.json.details).toMatchObject({ field: 'output', accepted: ['mp4', 'small', 'webm', 'mp4-2'] });
    expect((await download('?output=smal')).json.details.near).toBe('small');

    await api.call('DELETE', `/v1/transcodes/${job.id}`);
    expect((await download('?output=webm')).status).toBe(410);
    const { rows } = await api.database.pg.query(
      'SELECT label_sealed, error_sealed FROM job_outputs WHERE job_id = $1',
      [job.id],
    );
    expect(rows.flatMap(Object.values).filter((value) => value !== null)).toEqual([]);
  });

  it('a job with several outputs whose only output has a name behaves like a job with one output', async () => {
    const { json: job } = await create([{ outputFormat: 'mp4', name: 'web' }]);
    expect(job.outputs).toEqual([]);
    const claim = await claimOf(job.id);
    const rest = { plan: null, warnings: [], inputSeconds: 1, attempt: null };
    await completeJob(api.context, claim, { ...rest, outputs: [await storeOutput(claim, 0)] });
    const ended = await read(job.id);
    expect(ended).toMatchObject({ status: 'completed', outputs: [{ name: 'web', status: 'completed' }] });
    expect(ended.output_url).toMatch(/\.mp4$/);
    expect((await api.call('GET', `/v1/transcodes/${job.id}/download`)).status).toBe(200);
    expect((await api.call('GET', `/v1/transcodes/${job.id}/download?output=web`)).status).toBe(200);
    for (const [path, status] of [
      ['download', 200],
      ['download?url=false', 302],
      ['files', 200],
    ] as const) {
      const head = await api.call('HEAD', `/v1/transcodes/${job.id}/${path}`);
      expect([path, head.status, head.text]).toEqual([path, status, '']);
    }
  });
});

describe('a request with outputs', () => {
  const mp4 = { outputFormat: 'mp4' };
  const faults: [string, object, string, RegExp][] = [
    ['outputFormat next to outputs', { outputs: [mp4], outputFormat: 'mp4' }, 'outputFormat', /combined with outputs/],
    ['a preset next to outputs', { outputs: [mp4], preset: {} }, 'preset', /move preset into each entry/],
    ['neither outputFormat nor outputs', {}, 'outputFormat', /is missing/],
    ['no output', { outputs: [] }, 'outputs', /is empty|1/],
    ['eleven outputs', { outputs: Array.from({ length: 11 }, () => mp4) }, 'outputs', /11 items, more than 10/],
    [
      'two outputs of one name',
      {
        outputs: [
          { ...mp4, name: 'a' },
          { ...mp4, name: 'a' },
        ],
      },
      'outputs[1].name',
      /"a"/,
    ],
    ['a name with a slash', { outputs: [{ ...mp4, name: '../a' }] }, 'outputs[0].name', /not a valid output name/],
    ['a name in capitals', { outputs: [{ ...mp4, name: 'Web' }] }, 'outputs[0].name', /lower-case/],
    ['an output without a format', { outputs: [{ format: 'mp4' }] }, 'outputs[0].outputFormat', /"format" was sent/],
    ['a bit rate in words', { outputs: [{ ...mp4, bitrate: 'fast' }] }, 'outputs[0].bitrate', /bit rate|not accepted/],
  ];
  it.each(faults)('is rejected with %s', async (_, body, field, text) => {
    const { status, json } = await api.call('POST', '/v1/transcodes', { inputs: [{ url }], ...body });
    expect([status, json.code]).toEqual([400, 'invalid_request']);
    expect(json.details.field).toBe(field);
    expect(json.message).toMatch(text);
  });

  it('returns a warning for unknown fields in an output, with the nearest name', async () => {
    const { json } = await create([{ outputFormat: 'mp4', optoins: [] }]);
    expect(json.warnings).toEqual([
      { field: 'outputs[0].optoins', message: 'Unknown field, ignored. Did you mean "options"?' },
    ]);
  });

  it('accepts null for every optional field', async () => {
    const nothing = { name: null, preset: null, options: null, filters: null, bitrate: null };
    expect((await create([{ outputFormat: 'mp4', ...nothing }], { outputFormat: null })).status).toBe(201);
  });
});

async function claimOf(id: string): Promise<Claim> {
  const worker = { id: uuidv7(), tier: 'bwrap' as const };
  for (;;) {
    const claim =
      (await claimJob(api.context, 'light', { worker })) ?? (await claimJob(api.context, 'heavy', { worker }));
    if (!claim) throw new Error('the job was not claimed');
    if (claim.job.id === id) return claim;
  }
}

async function storeOutput(claim: Claim, position: number) {
  const { id, format } = claim.outputs[position]!;
  const key = outputKey(claim.job.account_id, claim.job.id, uuidv7(), format);
  const facts = { format, size: 5, sha256: 'ab'.repeat(32), duration_seconds: 1, width: null, height: null };
  const object = { key, contentType: 'video/mp4', size: 5, sha256: facts.sha256 };
  const objectId = await reserveOutput(api.context, claim, object);
  const path = join(api.gateway.root, '..', uuidv7());
  await writeFile(path, 'bytes');
  await api.context.store.putFile(key, path, { contentType: 'video/mp4', size: 5 });
  return { outputId: id, objectId, facts: { ...facts, video_codec: 'h264', audio_codec: null } };
}
