import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Airlock, JobError, type Progress } from '../../sdk/src/index.ts';
import { ffprobe, makeClip } from '../../testkit/media.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

let service: TestService;
let airlock: Airlock;
let folder: string;

beforeAll(async () => {
  service = await shareService();
  airlock = new Airlock({ url: service.api, key: service.key });
  folder = await mkdtemp(join(tmpdir(), 'airlock-sdk-'));
  await makeClip(join(folder, 'in.mp4'), { size: '64x48' });
  await makeClip(join(folder, 'sound.m4a'), { args: ['-map', '1:a'] });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Returns a WAV file with this number of bytes of silence. */
function wav(bytes: number): Blob {
  const head = Buffer.from(
    'RIFF____WAVEfmt \x10\0\0\0\x01\0\x01\0\x44\xac\0\0\x88\x58\x01\0\x02\0\x10\0data____',
    'latin1',
  );
  head.writeUInt32LE(bytes - 8, 4);
  head.writeUInt32LE(bytes - 44, 40);
  return new Blob([head, new Uint8Array(bytes - 44)], { type: 'audio/wav' });
}

describe('the SDK with a service', () => {
  it('uploads, transcodes, downloads and erases, and reports the progress of each', async () => {
    const stages: string[] = [];
    const onProgress = ({ stage }: Progress) => stages.includes(stage) || stages.push(stage);
    const result = await airlock.transcode({ input: join(folder, 'in.mp4'), output_format: 'mp3', onProgress });
    await result.save(join(folder, 'out.mp3'), { onProgress });
    expect(stages).toEqual(expect.arrayContaining(['upload', 'queue', 'prepare', 'download']));
    expect((await ffprobe(join(folder, 'out.mp3'))).streams[0].codec_name).toBe('mp3');
    const blob = await result.blob();
    expect(blob.type).toBe('audio/mpeg');
    expect(Buffer.from(await blob.arrayBuffer())).toEqual(await readFile(join(folder, 'out.mp3')));
    expect((await fetch(await result.url())).status).toBe(200);
    await result.erase();
    await expect(result.url()).rejects.toMatchObject({ status: 410, code: 'output_deleted' });
  });

  it('saves, reads and deletes templates, and creates jobs with them', async () => {
    const { templates } = airlock;
    const request = { output_format: 'mp3' } as const;
    const stored = { outputFormat: 'mp3' };
    expect(await templates.create({ name: 'sdk', request })).toMatchObject({ version: 1, request: stored });
    expect(await templates.replace('sdk', { request: { output_format: 'ogg' } })).toMatchObject({ version: 2 });
    expect(await templates.get('sdk@1')).toMatchObject({ version: 1, request: stored });
    expect(await templates.get('airlock/web')).toMatchObject({ built_in: true });
    const result = await airlock.transcode({ input: join(folder, 'in.mp4'), template: 'sdk@1' });
    expect([result.job.template, result.job.output_format]).toEqual(['sdk@1', 'mp3']);
    await result.erase();
    await templates.delete('sdk');
    const names: string[] = [];
    for await (const { name } of templates.list()) names.push(name);
    expect(names).toContain('airlock/podcast');
    expect(names).not.toContain('sdk');
  });

  it('uploads bytes and streams, and leaves no temporary file', async () => {
    const path = join(folder, 'in.mp4');
    const bytes = await readFile(path);
    const before = process.env.TMPDIR;
    process.env.TMPDIR = await mkdtemp(join(folder, 'tmp-'));
    async function* inPieces() {
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
    }
    try {
      for (const input of [bytes, new Uint8Array(bytes).buffer, inPieces(), new Blob([bytes]).stream()]) {
        const { size, filename } = await airlock.upload(input, { filename: 'clip.mp4' });
        expect([size, filename]).toEqual([bytes.length, expect.stringMatching(/-clip.*\.mp4$/)]);
      }
      const named = await airlock.upload(createReadStream(path));
      expect(named.filename).toMatch(/-in(-\d+)?\.mp4$/);
      await airlock.deleteUpload(named.filename);
      await expect(airlock.upload(inPieces())).rejects.toThrow(/Pass filename, or contentType/);
      expect(await readdir(process.env.TMPDIR)).toEqual([]);
    } finally {
      if (before === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = before;
    }
  });

  it('continues an upload in parts, and sends only the missing parts', async () => {
    const blob = wav(18_000_000);
    const body = { filename: 'long.wav', content_type: 'audio/wav', file_size: blob.size } as const;
    const { uploadId, partSize, parts } = (await airlock.call('post', '/v1/upload/multipart', { body })).result;
    expect((await fetch(parts[0]!.url, { method: 'PUT', body: blob.slice(0, partSize) })).status).toBe(200);
    const seen: Progress[] = [];
    const uploaded = await airlock.upload(blob, { resume: uploadId, onProgress: (one) => seen.push(one) });
    expect(seen[0]).toMatchObject({ stage: 'upload', uploadId, loaded: partSize, total: blob.size });
    expect(seen.filter(({ stage }) => stage === 'upload').at(-1)!.fraction).toBe(1);
    expect(uploaded.metadata).toMatchObject({ size_bytes: blob.size, audio_codec: 'pcm_s16le' });
    await expect(airlock.upload(wav(1000), { resume: uploadId })).rejects.toThrow(/has 1000 bytes/);
  });

  it('creates the job before the upload, so that a file of another type than declared fails the job', async () => {
    const asked: string[] = [];
    const counted: typeof fetch = (input, init) => {
      asked.push(`${init?.method} ${new URL(String(input)).pathname}`);
      return fetch(input, init);
    };
    const own = new Airlock({ url: service.api, key: service.key, fetch: counted });
    const input = join(folder, 'in.mp4');
    const failed = await own
      .transcode({ input, contentType: 'video/webm', output_format: 'mp3' })
      .catch((error) => error);
    expect(failed).toMatchObject({
      code: 'upload_rejected',
      message: expect.stringMatching(/video\/webm was declared/),
    });
    expect(asked.filter((one) => one.startsWith('POST'))).toEqual(['POST /v1/transcodes']);
    const done = await own.transcode({ input, output_format: 'mp3' });
    expect(done.job.inputs[0]).toMatchObject({ upload: null, format: expect.stringContaining('mp4') });
    await done.erase();
  });

  it('uploads before it creates the job if the server does not accept uploads in a job', async () => {
    const older: typeof fetch = (input, init) => {
      if (typeof init?.body !== 'string' || !init.body.includes('"upload":{')) return fetch(input, init);
      const details = { field: 'inputs[0].url', reason: 'is missing', remedy: 'Send url' };
      const error = {
        error: 'Invalid request',
        message: 'Invalid request',
        code: 'invalid_request',
        details,
        docs: '',
      };
      return Promise.resolve(Response.json(error, { status: 400 }));
    };
    const own = new Airlock({ url: service.api, key: service.key, fetch: older });
    const result = await own.transcode({ input: join(folder, 'in.mp4'), output_format: 'mp3' });
    expect(result.job.status).toBe('completed');
    await result.erase();
  });

  it('cancels the job when its upload is aborted', async () => {
    const stop = new AbortController();
    const onCreated = () => stop.abort(new Error('stopped'));
    const jobs: string[] = [];
    const submitted = airlock.submit({
      ...{ input: join(folder, 'in.mp4'), output_format: 'mp3', signal: stop.signal },
      onCreated(job) {
        jobs.push(job.id);
        onCreated();
      },
    });
    await expect(submitted).rejects.toThrow('stopped');
    expect(await airlock.get(jobs[0]!)).toMatchObject({ status: 'canceled', waiting_for: null });
  });

  it('throws a JobError for a job that fails, and reads its events', async () => {
    const failed = await airlock
      .transcode({ input: join(folder, 'sound.m4a'), output_format: 'mp4' })
      .catch((error) => error);
    expect(failed).toBeInstanceOf(JobError);
    expect(failed).toMatchObject({ code: 'no_video_stream', job: { status: 'failed' } });
    const types: string[] = [];
    for await (const { type } of airlock.events({ job: failed.job.id })) types.push(type);
    expect(types.at(-1)).toBe('transcode.failed');
  });

  it('probes a local file, and leaves no upload', async () => {
    const file = await airlock.probe(join(folder, 'in.mp4'));
    expect(file.streams.map(({ type }) => type)).toEqual(['video', 'audio']);
    const { result } = await airlock.call('get', '/v1/uploads');
    expect(result.items.filter(({ filename }) => filename.endsWith('in.mp4'))).toEqual([]);
    const reviewed = await airlock.validate({ inputs: [{ url: 'https://example.org/a.mp4' }], output_format: 'mp3' });
    expect(reviewed).toMatchObject({ valid: true });
  });
});
