import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { type ApiResponse, shareService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { startApi } from '../helpers/api.ts';

describe('requests for a transcode', () => {
  let service: TestService;
  let folder: string;
  let clip: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-requests-'));
    [service] = await Promise.all([shareService(), makeClip(join(folder, 'clip.mp4'))]);
    clip = (await upload(service, join(folder, 'clip.mp4'), 'video/mp4', 'holiday.mp4')).fileUrl;
  });
  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const create = (body: unknown, headers?: Record<string, string>) =>
    service.call('POST', '/v1/transcodes', body, headers);

  function expectRejection(response: ApiResponse, status: number, code: string, details: object) {
    expect([response.status, response.json.code]).toEqual([status, code]);
    expect(response.json.details).toMatchObject(details);
  }

  it('reject gs:// URLs that are not a confirmed upload of the account, always with the same response', async () => {
    const body = { filename: 'unsent.mp4', contentType: 'video/mp4', fileSize: 10 };
    const unsent = (await service.call('POST', '/v1/upload/presigned-url', body)).json.result.filename;
    const { key } = await service.makeKey('--account', 'stranger-of-requests');
    const stranger = { authorization: `Bearer ${key}` };
    const cases: [string, Record<string, string>?][] = [
      [clip, stranger],
      [clip.replace('gs://airlock', 'gs://elsewhere')],
      ['gs://airlock/20260101-000000-never.mp4'],
      ['gs://airlock/'],
      ['gs://airlock'],
      ['gs://'],
      [`gs://airlock/${unsent}`],
      ['gs://airlock/../secrets.json'],
      [clip.replace('gs://airlock/', 'gs://airlock//')],
    ];
    for (const [url, headers] of cases) {
      const response = await create({ inputs: [{ url: clip }, { url }], outputFormat: 'mp4' }, headers);
      const first = headers === stranger ? 0 : 1;
      expect([url, response.status, response.json.error]).toEqual([
        url,
        422,
        'Input is not a confirmed upload of this account',
      ]);
      expect(response.json).toMatchObject({ code: 'source_not_owned', details: { field: `inputs[${first}].url` } });
    }
  });

  it('reject private host names and unusual ports unless the operator allows them', async () => {
    // A separate API, because the shared service may fetch from this machine.
    const api = await startApi();
    for (const url of [
      'http://127.0.0.1/a.mp4',
      'http://localhost/a.mp4',
      'http://metadata.google.internal/computeMetadata/v1/',
      'https://nas.local/a.mp4',
      'https://intranet/a.mp4',
      'https://media.example.com:8443/a.mp4',
      api.gateway.endpoint,
    ]) {
      const response = await api.call('POST', '/v1/transcodes', { inputs: [{ url }], outputFormat: 'mp4' });
      expectRejection(response, 422, 'source_refused', { field: 'inputs[0].url' });
    }
    await api.close();
  });

  it('reject forbidden options and filters with position, reason and a safe alternative', async () => {
    const bad = await create({
      inputs: [{ url: clip, options: [{ option: '-protocol_whitelist', argument: 'file,http' }] }],
      outputFormat: 'mp4',
      options: [
        { option: '-c:v', argument: 'libx264' },
        { option: '-filter_script', argument: '/etc/passwd' },
      ],
    });
    expect([bad.status, bad.json.error, bad.json.code]).toEqual([422, 'Option not allowed', 'option_refused']);
    expect(bad.json.details).toMatchObject({
      field: expect.stringMatching(/^inputs\[0\]\.options\[0\]/),
      option: '-protocol_whitelist',
      reason: expect.any(String),
      all: [expect.anything(), expect.objectContaining({ field: expect.stringMatching(/^options\[1\]/) })],
    });
    for (const extra of [
      { filters: [{ filter: 'movie=/etc/passwd' }] },
      { options: [{ option: '-c:v', argument: 'h264_vaapi' }] },
      { options: [{ option: '-/vf', argument: 'x' }] },
      { options: [{ option: '@nothing', argument: {} }] },
      { options: [{ option: '/etc/passwd' }] },
      { options: [{ option: '-t', argument: 'soon' }] },
    ]) {
      const response = await create({ inputs: [{ url: clip }], outputFormat: 'mp4', ...extra });
      expectRejection(response, 422, 'option_refused', {
        field: expect.stringMatching(/^(options|filters)\[0\]/),
        reason: expect.any(String),
      });
    }
  });

  it('store the warnings about unknown fields with the job', async () => {
    const { json } = await create({
      inputs: [{ url: clip, opts: [] }],
      outputFormat: 'mp3',
      outputFromat: 'mp4',
      presets: {},
    });
    const warnings = [
      { field: 'inputs[0].opts', message: 'Unknown field, ignored.' },
      { field: 'outputFromat', message: 'Unknown field, ignored. Did you mean "outputFormat"?' },
      { field: 'presets', message: 'Unknown field, ignored. Did you mean "preset"?' },
    ];
    expect(json.warnings.map((warning: { field: string }) => warning.field)).toEqual(
      warnings.map(({ field }) => field),
    );
    expect(json.warnings.slice(1)).toEqual(warnings.slice(1));
    const done = await service.call('GET', `/v1/transcodes/${json.id}?wait=60`);
    expect(done.json.warnings).toEqual(expect.arrayContaining(json.warnings));
  });

  it('accept metadata of 8192 bytes, and reject metadata of 8193 bytes', async () => {
    const sized = (bytes: number) => ({ pad: 'x'.repeat(bytes - '{"pad":""}'.length) });
    const send = (metadata: object) => create({ inputs: [{ url: clip }], outputFormat: 'mp3', metadata });
    const fits = await send(sized(8192));
    expect([fits.status, fits.json.metadata.user]).toEqual([201, sized(8192)]);
    expectRejection(await send(sized(8193)), 400, 'invalid_request', { field: 'metadata' });
    // The limit applies to bytes, not to characters.
    expectRejection(await send({ pad: 'é'.repeat(4200) }), 400, 'invalid_request', { field: 'metadata' });
    expect((await send({})).json.metadata).toEqual({ user: {} });
  });

  it('return no_output for a download if the job has no output', async () => {
    const job = await transcode(service, { inputs: [{ url: clip }], outputFormat: 'mp3' });
    const database = await openServiceDatabase(service);
    await database.query('UPDATE job_outputs SET object_id = NULL WHERE job_id = $1', [job.id]);
    await database.end();
    const response = await service.call('GET', `/v1/transcodes/${job.id}/download`);
    expect([response.status, response.json.error, response.json.code]).toEqual([
      400,
      'No output available for this transcode',
      'no_output',
    ]);
  });
});
