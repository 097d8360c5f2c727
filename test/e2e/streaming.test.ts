import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcode, upload } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';
import { until } from '../../testkit/until.ts';

/** FFmpeg arguments for a source of about 9 MB. The source is this large because noise does not compress. */
const NOISY = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=480x270:r=25:d=2,noise=alls=100:allf=t:all_seed=1'],
  ...['-f', 'lavfi', '-i', 'sine=d=2', '-c:v', 'mpeg4', '-q:v', '3', '-bf', '2', '-g', '25', '-c:a', 'aac'],
];
const options = (...pairs: [string, string][]) => pairs.map(([option, argument]) => ({ option, argument }));
const SMALL = options(['-vf', 'scale=64:36'], ['-c:v', 'libx264'], ['-preset', 'ultrafast'], ['-b:v', '200k']);
const COPY = options(['-c', 'copy']);
/** A copy with a tag that the sanitizer does not write, so FFmpeg makes the copy. */
const TAGGED = options(['-c', 'copy'], ['-metadata', 'encoded_by=Copy']);

/** How a source responds: the bytes that it sends immediately, and what happens afterwards. */
interface Behaviour {
  bytes: Buffer;
  /** Number of bytes that the source sends immediately. */
  start: number;
  /** Called with the response to each request after these bytes were sent. */
  next: (response: ServerResponse, requests: number) => void;
  declares?: boolean;
}

describe('a source that is streamed', () => {
  let service: TestService;
  let folder: string;
  let origin: Awaited<ReturnType<typeof startSource>>;
  const sources = new Map<string, Behaviour & { requests: number }>();
  const files: Record<'first' | 'last' | 'mkv' | 'text', Buffer> = {} as never;
  let uploaded: Record<'first' | 'mkv' | 'text', string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-streaming-'));
    const make = async (name: string, ...args: string[]) => {
      await makeMedia(join(folder, name), [...NOISY, ...args]);
      return readFile(join(folder, name));
    };
    files.first = await make('first.mp4', '-movflags', '+faststart');
    files.last = await make('last.mp4');
    // The readers describe this file. ffprobe describes the other files.
    files.mkv = await make('clip.mkv', '-c:v', 'libx264', '-preset', 'ultrafast', '-qp', '20');
    const cues = '1\n00:00:00,500 --> 00:00:01,000\nHello\n';
    const subtitles = ['-i', `data:text/plain;base64,${Buffer.from(cues).toString('base64')}`, '-c:s', 'mov_text'];
    const text = [...NOISY.slice(0, 8), ...subtitles, ...NOISY.slice(8), '-movflags', '+faststart'];
    await makeMedia(join(folder, 'text.mp4'), text);
    files.text = await readFile(join(folder, 'text.mp4'));
    service = await shareService();
    uploaded = {
      first: (await upload(service, join(folder, 'first.mp4'))).fileUrl,
      text: (await upload(service, join(folder, 'text.mp4'))).fileUrl,
      mkv: (await upload(service, join(folder, 'clip.mkv'), 'video/x-matroska', 'clip.mkv')).fileUrl,
    };
    origin = await startSource((request, response) => {
      const source = sources.get(request.url!)!;
      source.requests += 1;
      response.writeHead(200, source.declares === false ? {} : { 'content-length': source.bytes.length });
      response.write(source.bytes.subarray(0, source.start));
      source.next(response, source.requests);
    });
  });
  afterAll(async () => {
    origin?.close();
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const serve = (name: string, behaviour: Behaviour): string => {
    sources.set(`/${name}`, { ...behaviour, requests: 0 });
    return `${origin.url}/${name}`;
  };
  const create = async (url: string, request: object) => {
    const created = await service.call('POST', '/v1/transcodes', { inputs: [{ url }], ...request });
    expect(created.status, created.text).toBe(201);
    return created.json.id as string;
  };
  const get = async (id: string) => (await service.call('GET', `/v1/transcodes/${id}`)).json;
  const isStreamed = (id: string) =>
    until(async () => (await get(id)).inputs[0].fetched === 'streamed', { what: 'the job to run FFmpeg' });
  const final = (id: string) =>
    until(
      async () => {
        const job = await get(`${id}?wait=30`);
        return ['completed', 'failed'].includes(job.status) && job;
      },
      { what: 'the end of the job' },
    );
  /** Returns a source that sends half of the file, and the rest once `rest` is called. */
  const held = (bytes: Buffer) => {
    let rest = () => {};
    const start = Math.floor(bytes.length / 2);
    const next = (response: ServerResponse) => {
      rest = () => response.end(bytes.subarray(start));
    };
    return { behaviour: { bytes, start, next }, rest: () => rest() };
  };

  it.each([
    ['first', 'mp4', SMALL],
    ['first', 'mp4', TAGGED],
    ['text', 'mp4', SMALL],
    ['mkv', 'mp4', SMALL],
    ['mkv', 'mov', COPY],
  ] as const)(
    'reaches FFmpeg before its end, and the output equals the output of the complete source: %s to %s',
    async (file, outputFormat, chosen) => {
      const { behaviour, rest } = held(files[file]);
      const id = await create(serve(`${file}-${chosen.length}`, behaviour), { outputFormat, options: chosen });
      await isStreamed(id);
      rest();
      const job = await final(id);
      expect(job).toMatchObject({ status: 'completed', attempts: 1, inputs: [{ fetched: 'streamed' }] });
      const complete = await transcode(service, { inputs: [{ url: uploaded[file] }], outputFormat, options: chosen });
      expect(job.outputs[0].sha256).toBe(complete.outputs[0].sha256);
      expect(job.inputs[0]).toMatchObject({ duration: complete.inputs[0].duration, format: complete.inputs[0].format });
      const manifest = await service.call('GET', `/v1/transcodes/${id}/manifest`);
      expect(manifest.json.manifest.inputs[0]).toMatchObject({ size: files[file].length, container: 'rewritten' });
    },
  );

  it.each([
    ['has its index at its end', () => ({ bytes: files.last, start: files.last.length }), SMALL],
    ['declares no size', () => ({ bytes: files.first, start: files.first.length, declares: false }), SMALL],
    [
      'is read from a later position',
      () => ({ bytes: files.first, start: files.first.length }),
      [...options(['-ss', '1']), ...SMALL],
    ],
  ])('is fetched completely before FFmpeg starts if it %s', async (what, source, chosen) => {
    const url = serve(what.replaceAll(' ', '-'), { ...source(), next: (response) => response.end() });
    const job = await transcode(service, { inputs: [{ url }], outputFormat: 'mp4', options: chosen });
    expect(job).toMatchObject({ status: 'completed', inputs: [{ fetched: 'whole' }] });
  });

  it('is fetched again completely if the connection breaks, and nothing of the first attempt is kept', async () => {
    const { behaviour, rest } = held(files.first);
    let broken: ServerResponse | null = null;
    const url = serve('breaks-off', {
      ...behaviour,
      next(response, requests) {
        if (requests === 1) broken = response;
        else {
          behaviour.next(response);
          rest();
        }
      },
    });
    const id = await create(url, { outputFormat: 'mp4', options: SMALL });
    await isStreamed(id);
    broken!.destroy();
    const job = await final(id);
    expect(job).toMatchObject({ status: 'completed', attempts: 2, inputs: [{ fetched: 'whole' }] });
    expect(job.outputs).toHaveLength(1);
  });

  it('fails as a complete file does if it contains garbage after its start', async () => {
    const bytes = Buffer.from(files.mkv);
    bytes.fill(0, Math.floor(bytes.length * 0.7), Math.floor(bytes.length * 0.8));
    const { behaviour, rest } = held(bytes);
    const id = await create(serve('garbage', behaviour), { outputFormat: 'mp4', options: SMALL });
    await isStreamed(id);
    rest();
    const complete = serve('garbage-whole', { bytes, start: bytes.length, next: (response) => response.end() });
    const seek = { url: complete, options: options(['-ss', '0']) };
    const expected = await transcode(service, { inputs: [seek], outputFormat: 'mp4', options: SMALL });
    const job = await final(id);
    expect(job).toMatchObject({ status: 'failed', outputs: [] });
    expect([job.error_code, job.error_message]).toEqual([expected.error_code, expected.error_message]);
  });
});
