import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ffprobe, frameHashes, makeClip, transcode, upload } from '../../testkit/media.ts';
import { type ApiResponse, shareService, type TestService } from '../../testkit/service.ts';
import { rawHttp } from '../helpers/raw-http.ts';
import { OTHER_STORAGE } from '../helpers/storage.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const none = { requested: null, applied: null, set_by: null };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('transcodes', () => {
  let service: TestService;
  let folder: string;
  let clip: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-transcodes-'));
    [service] = await Promise.all([shareService(), makeClip(join(folder, 'clip.mp4'))]);
    clip = (await upload(service, join(folder, 'clip.mp4'), 'video/mp4', 'holiday.mp4')).fileUrl;
  });
  afterAll(async () => {
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const create = (body: unknown, headers?: Record<string, string>) =>
    service.call('POST', '/v1/transcodes', body, headers);

  async function download(id: string): Promise<Buffer> {
    const { json } = await service.call('GET', `/v1/transcodes/${id}/download`);
    return Buffer.from(await (await fetch(json.url)).arrayBuffer());
  }
  async function probeOutput(id: string) {
    const path = join(folder, `${id}.out`);
    await writeFile(path, await download(id));
    return ffprobe(path);
  }
  function expectRejection(response: ApiResponse, status: number, code: string, details: object) {
    expect([response.status, response.json.code]).toEqual([status, code]);
    expect(response.json.details).toMatchObject(details);
  }

  it('return 201 with Location and the complete job, and a read returns the same job', async () => {
    const metadata = { original_filename: 'clip.mp4', nested: { list: [1, 'zwei', null, { ü: true }] } };
    const created = await create({
      inputs: [{ url: clip }],
      outputFormat: 'mp4',
      preset: { quality: 'high', resolution: '480p' },
      metadata,
    });
    expect(created.status).toBe(201);
    const { id } = created.json;
    expect(id).toMatch(UUID);
    expect(created.headers.get('location')).toBe(`/v1/transcodes/${id}`);
    expect(created.json).toEqual({
      id,
      jobId: id,
      awaiting: null,
      status: 'pending',
      inputs: [
        {
          url: clip,
          duration: expect.closeTo(1, 1),
          format: expect.any(String),
          size: expect.any(Number),
          container: 'rewritten',
          fetched: null,
          upload: null,
        },
      ],
      waiting_for: null,
      outputs: [],
      output_format: 'mp4',
      output_url: null,
      billable_minutes: 1,
      duration_seconds: expect.closeTo(1, 1),
      ffmpeg_options: { source: 'preset', options: [], preset: { quality: 'high', resolution: '480p' } },
      video_metadata: {
        format: expect.any(String),
        duration_seconds: expect.closeTo(1, 1),
        size_bytes: expect.any(Number),
      },
      error_message: null,
      error_code: null,
      error_advice: null,
      retry: null,
      metadata: { user: metadata },
      progress: 0,
      template: null,
      speed: null,
      fps: null,
      eta_seconds: null,
      queue_position: 1,
      priority: 0,
      attempts: 0,
      limits: { memory_mb: none, cpu_seconds: none, wall_seconds: none, output_mb: none },
      created_at: expect.stringMatching(TIME),
      updated_at: expect.stringMatching(TIME),
      started_at: null,
      completed_at: null,
      expires_at: null,
      warnings: [],
    });

    const { json: job } = await service.call('GET', `/v1/transcodes/${id}?wait=60`);
    expect(job).toMatchObject({
      status: 'completed',
      output_url: `gs://airlock/outputs/${id}.mp4`,
      billable_minutes: 1,
      duration_seconds: expect.closeTo(1, 1),
      progress: 1,
      queue_position: null,
      attempts: 1,
      metadata: { user: metadata },
      error_message: null,
    });
    for (const field of ['started_at', 'completed_at', 'expires_at']) expect(job[field]).toMatch(TIME);
    expect(Date.parse(job.expires_at) - Date.parse(job.completed_at)).toBe(24 * 3600 * 1000);
    // Outputs are never scaled up: a source of 180 lines results in 180 lines.
    const [output] = job.outputs;
    expect(output).toMatchObject({ format: 'mp4', width: 320, height: 180, video_codec: 'h264', audio_codec: 'aac' });
    const bytes = await download(id);
    expect(bytes.length).toBe(output.size);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(output.sha256);
    expect((await service.call('GET', `/v1/transcodes/${id}`)).json).toEqual(job);
  });

  it('report the source of their options, and options take precedence over a preset', async () => {
    const options = [{ option: '-c:v', argument: 'libx264' }, { option: '-crf', argument: 35 }, { option: '-an' }];
    const source = async (extra: object) =>
      (await create({ inputs: [{ url: clip }], outputFormat: 'mp4', ...extra })).json;
    expect((await source({})).ffmpeg_options).toEqual({ source: 'defaults', options: [], preset: null });
    expect((await source({ options })).ffmpeg_options).toMatchObject({ source: 'raw_options', options });
    const both = await transcode(service, {
      inputs: [{ url: clip, options: [{ option: '-ss', argument: '0.5' }] }],
      outputFormat: 'mp4',
      preset: { quality: 'high' },
      options,
    });
    expect(both.ffmpeg_options.source).toBe('raw_options');
    expect(both.outputs[0]).toMatchObject({ audio_codec: null, duration_seconds: expect.closeTo(0.5, 1) });
  });

  it('copy streams that satisfy the preset, report this in job and manifest, and encode the streams with disarm', async () => {
    const path = await makeClip(join(folder, 'small.mp4'), {
      args: ['-preset', 'veryfast', '-crf', '40', '-b:a', '48k'],
    });
    const { fileUrl } = await upload(service, path);
    const request = { inputs: [{ url: fileUrl }], outputFormat: 'mp4', preset: { quality: 'medium' } };
    const job = await transcode(service, request);
    const copied = { mode: 'copied', reason: null };
    expect(job).toMatchObject({
      status: 'completed',
      outputs: [{ width: 320, height: 180, plan: { video: copied, audio: copied } }],
    });
    const { json } = await service.call('GET', `/v1/transcodes/${job.id}/manifest`);
    expect(json.manifest.outputs).toEqual(job.outputs);
    const { sha256 } = json.manifest.command;
    expect(json.manifest.commands).toContainEqual(
      expect.objectContaining({ program: 'ffmpeg', sha256, end: 'exit', exit_code: 0, ...json.manifest.ffmpeg }),
    );
    await writeFile(join(folder, 'copied.mp4'), await download(job.id));
    expect(await frameHashes(join(folder, 'copied.mp4'))).toEqual(await frameHashes(path));

    const disarmed = await transcode(service, { ...request, disarm: true });
    const encoded = { mode: 'encoded', reason: 'The job disarms its inputs.' };
    expect(disarmed.outputs).toMatchObject([{ plan: { video: encoded, audio: encoded } }]);
  });

  it('join two different inputs one after the other, with silence for missing audio', async () => {
    await makeClip(join(folder, 'tall.mp4'), { size: '90x160', rate: 10, audio: false });
    const tall = await upload(service, join(folder, 'tall.mp4'));
    const job = await transcode(service, { inputs: [{ url: clip }, { url: tall.fileUrl }], outputFormat: 'mp4' });
    expect(job).toMatchObject({
      status: 'completed',
      billable_minutes: 1,
      inputs: [{ url: clip }, { url: tall.fileUrl }],
    });
    const probe = await probeOutput(job.id);
    expect(Number(probe.format.duration)).toBeCloseTo(2, 0);
    expect(probe.streams.map((stream: { codec_type: string }) => stream.codec_type)).toEqual(['video', 'audio']);
    expect(Number(probe.streams[1].duration)).toBeCloseTo(2, 0);
  });

  it('keep the orientation of portrait video, because the resolution applies to the short side', async () => {
    await makeClip(join(folder, 'portrait.mp4'), { size: '540x960', rate: 5 });
    const { fileUrl } = await upload(service, join(folder, 'portrait.mp4'));
    const job = await transcode(service, {
      inputs: [{ url: fileUrl }],
      outputFormat: 'mp4',
      preset: { resolution: '480p' },
    });
    expect(job.outputs[0]).toMatchObject({ width: 480, height: 854 });
  });

  it('accept the output of one job as the input of the next', async () => {
    const first = await transcode(service, { inputs: [{ url: clip }], outputFormat: 'mkv' });
    const second = await transcode(service, { inputs: [{ url: first.output_url }], outputFormat: 'mp3' });
    expect(second).toMatchObject({
      status: 'completed',
      inputs: [{ url: first.output_url, size: first.outputs[0].size }],
      outputs: [{ format: 'mp3', audio_codec: 'mp3', video_codec: null }],
    });
    // Only the exact output URL is an input. URLs with the id of another job or with another bucket are rejected.
    for (const url of [
      first.output_url.replace('airlock', 'other'),
      first.output_url.replace(/.{4}\.mkv$/, '0000.mkv'),
    ]) {
      expectRejection(await create({ inputs: [{ url }], outputFormat: 'mp3' }), 422, 'source_not_owned', {
        field: 'inputs[0].url',
      });
    }
  });

  it('fail with a reason if a video format is requested for a source that has only audio', async () => {
    await makeClip(join(folder, 'sound.m4a'), { args: ['-vn'] });
    const { fileUrl } = await upload(service, join(folder, 'sound.m4a'), 'audio/mp4', 'sound.m4a');
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp4' });
    expect(job).toMatchObject({
      status: 'failed',
      error_code: 'no_video_stream',
      attempts: 1,
      output_url: null,
      outputs: [],
    });
    expect(job.error_message).toMatch(/\.$/);
    expect(job.error_message).not.toMatch(/\/|http/);
    const asked = await service.call('GET', `/v1/transcodes/${job.id}/download`);
    expect([asked.status, asked.json.code]).toEqual([409, 'transcode_failed']);
    expect(asked.json.details).toMatchObject({
      error_code: 'no_video_stream',
      reason: job.error_message,
      remedy: job.error_advice,
    });
    expect(asked.json.message).not.toMatch(/wait until/i);
  });

  it('create a still from a video', async () => {
    const job = await transcode(service, { inputs: [{ url: clip }], outputFormat: 'jpg' });
    expect(job).toMatchObject({
      status: 'completed',
      outputs: [{ format: 'jpg', width: 320, height: 180, audio_codec: null }],
    });
    expect((await download(job.id)).subarray(0, 3)).toEqual(Buffer.from([0xff, 0xd8, 0xff]));
  });

  it('link to the output for ten minutes, redirect on request, and reject forged links', async () => {
    const job = await transcode(service, { inputs: [{ url: clip }], outputFormat: 'mp3' });
    const path = `/v1/transcodes/${job.id}/download`;
    const plain = await service.call('GET', path);
    expect([plain.status, Object.keys(plain.json)]).toEqual([200, ['url']]);
    const url = new URL(plain.json.url);
    expect([url.origin, url.searchParams.get('X-Amz-Expires')]).toEqual([service.storage, '600']);
    const got = await rawHttp(url.href);
    expect(got.status).toBe(200);
    expect(got.headers.get('content-disposition')).toMatch(/^attachment;.*holiday\.mp3/);
    expect(got.headers.get('content-type')).toBe('audio/mpeg');
    if (!OTHER_STORAGE) expect(got.headers.get('x-content-type-options')).toBe('nosniff');

    for (const [query, accept] of [
      ['?url=false', '*/*'],
      ['', 'application/octet-stream'],
      ['?url=0', '*/*'],
    ]) {
      const response = await service.call('GET', `${path}${query}`, undefined, { accept: accept! });
      expect([query, accept, response.status]).toEqual([query, accept, 302]);
      expect((await rawHttp(response.headers.get('location')!)).status).toBe(200);
    }
    expect(
      (await service.call('GET', `${path}?url=true`, undefined, { accept: 'application/octet-stream' })).status,
    ).toBe(200);

    const other = await transcode(service, { inputs: [{ url: clip }], outputFormat: 'wav' });
    const otherUrl = new URL((await service.call('GET', `/v1/transcodes/${other.id}/download`)).json.url);
    const forgeries = {
      object: new URL(url.href.replace(url.pathname, otherUrl.pathname)),
      longer: new URL(url.href.replace('X-Amz-Expires=600', 'X-Amz-Expires=604800')),
      name: new URL(url.href.replace('holiday.mp3', 'holiday.exe')),
      unsigned: new URL(url.origin + url.pathname),
    };
    for (const [what, forged] of Object.entries(forgeries)) {
      const response = await rawHttp(forged.href);
      // Swift treats a request without a signature as a request to its own API.
      if (OTHER_STORAGE && what === 'unsigned') expect([400, 401, 403]).toContain(response.status);
      else expect([what, response.status, /<Code>\w+<\/Code>/.test(response.text)]).toEqual([what, 403, true]);
    }
  });
});
