import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';

/** FFmpeg arguments for a minute of noise, about 12 MB, with its index at the end. */
const MINUTE = [
  ...['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25:d=60,noise=alls=40:allf=t:all_seed=1', '-f', 'lavfi', '-i'],
  ...['sine=d=60', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-qp', '24', '-pix_fmt', 'yuv420p'],
  ...['-c:a', 'aac'],
];

describe('POST /v1/probe', () => {
  let service: TestService;
  let folder: string;
  let origin: Awaited<ReturnType<typeof startSource>>;
  const files: Record<string, Buffer> = {};
  const seen = { bytes: 0, wholes: 0 };

  /** Responds with a file. `/name` supports ranges, `/plain/name` does not, and `/to?url` redirects. */
  const reply = (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://source');
    const [name, kind] = pathname.split('/').reverse();
    if (name === 'to') return response.writeHead(302, { location: searchParams.get('url')! }).end();
    const bytes = files[name!];
    if (!bytes) return response.writeHead(404).end();
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    if (first === undefined || kind === 'plain') {
      seen.wholes += 1;
      return response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    }
    const part = bytes.subarray(Number(first), Number(last) + 1);
    const range = `bytes ${first}-${Number(first) + part.length - 1}/${bytes.length}`;
    seen.bytes += part.length;
    return response.writeHead(206, { 'content-range': range, etag: '"v1"', 'content-length': part.length }).end(part);
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-probe-'));
    const path = (name: string) => join(folder, name);
    [service] = await Promise.all([shareService(), makeMedia(path('long.mp4'), MINUTE), makeClip(path('clip.mp4'))]);
    const copy = (name: string, ...more: string[]) =>
      run('ffmpeg', ['-v', 'error', '-i', path('long.mp4'), '-c', 'copy', ...more, path(name)]);
    await Promise.all([copy('long.mkv'), copy('long.ts'), copy('first.mp4', '-movflags', '+faststart')]);
    for (const name of ['long.mp4', 'first.mp4', 'long.mkv', 'long.ts', 'clip.mp4']) {
      files[name] = await readFile(path(name));
    }
    files['page.html'] = Buffer.from(`<html>${'x'.repeat(100_000)}</html>`);
    origin = await startSource(reply);
  });
  afterAll(async () => {
    origin?.close();
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const probe = (url: string, headers = {}) => service.call('POST', '/v1/probe', { url }, headers);
  const remote = (path: string) => {
    Object.assign(seen, { bytes: 0, wholes: 0 });
    return probe(`${origin.url}/${path}`);
  };

  it.each([
    ['long.mp4', 'mov,mp4,m4a,3gp,3g2,mj2', 'rewritten'],
    ['first.mp4', 'mov,mp4,m4a,3gp,3g2,mj2', 'rewritten'],
    ['long.mkv', 'matroska,webm', null],
    ['long.ts', 'mpegts', null],
  ])('describes a remote file after fetching only parts of it: %s', async (name, format, container) => {
    const { status, json } = await remote(name);
    expect([status, json]).toEqual([
      200,
      expect.objectContaining({ format, container, size_bytes: files[name]!.length }),
    ]);
    expect(json.duration_seconds).toBeCloseTo(60, 0);
    expect(json.bit_rate).toBeGreaterThan(0);
    const [video, audio] = json.streams;
    expect(video).toMatchObject({ index: 0, type: 'video', codec: 'h264', width: 160, height: 90, fps: 25 });
    expect(audio).toMatchObject({ index: 1, type: 'audio', codec: 'aac', channels: 1, width: null });
    expect(seen.wholes).toBe(0);
    expect(seen.bytes).toBeLessThan(files[name]!.length / 3);
  });

  it('describes a file from its start if the server supports no ranges, and fails with a reason if the start is not enough', async () => {
    expect((await remote('plain/first.mp4')).json).toMatchObject({
      duration_seconds: expect.closeTo(60, 0),
      container: null,
    });
    const { status, json } = await remote('plain/long.mp4');
    expect([status, json.code, json.details.error_code]).toEqual([422, 'probe_failed', 'source_no_ranges']);
    expect((await remote('plain/clip.mp4')).json).toMatchObject({ size_bytes: files['clip.mp4']!.length });
  });

  it('describes uploads and outputs of the account, but not of another account', async () => {
    const { fileUrl } = await upload(service, join(folder, 'clip.mp4'));
    const own = await probe(fileUrl);
    expect(own.json).toMatchObject({ container: 'rewritten', size_bytes: files['clip.mp4']!.length });
    const job = await transcode(service, { inputs: [{ url: fileUrl }], outputFormat: 'mp3' });
    expect((await probe(job.output_url)).json).toMatchObject({ format: 'mp3', streams: [{ codec: 'mp3' }] });
    const stranger = { authorization: `Bearer ${(await service.makeKey('--account', 'prober')).key}` };
    for (const url of [fileUrl, job.output_url]) {
      const hidden = await probe(url, stranger);
      const never = await probe(`${url.slice(0, -4)}0.mp4`, stranger);
      expect([hidden.status, hidden.json.code, hidden.text]).toEqual([422, 'source_not_owned', never.text]);
    }
  });

  it('reaches no private address, directly or through a redirect, and returns no secret', async () => {
    const urls = [
      ...['http://10.0.0.1/a.mp4', 'http://169.254.169.254/latest/meta-data/', 'http://[::1]/a', 'http://0.0.0.0/'],
      ...[
        'http://2130706434/',
        'http://0xa.1/',
        'file:///etc/passwd',
        'ftp://example.org/a',
        'concat:/etc/passwd',
        '/etc/passwd',
      ],
      ...['http://user:pass@example.org/a.mp4', 'http://8.8.8.8:25/', 'data:video/mp4;base64,AAAA'],
      ...['http://10.0.0.1/', 'http://169.254.169.254/', 'file:///etc/passwd', 'http://[::ffff:10.0.0.1]/'].map(
        (target) => `${origin.url}/to?url=${encodeURIComponent(target)}`,
      ),
    ];
    for (const url of urls) {
      const { status, json, text } = await probe(`${url}${url.includes('?') ? '&' : '?'}token=s3cret`);
      expect([url, status, json.details.field]).toEqual([url, 422, 'url']);
      expect([url, ['source_refused', 'source_not_owned'].includes(json.code)]).toEqual([url, true]);
      expect(text).not.toContain('s3cret');
    }
  });

  it('rejects a file that is not media, a file that does not exist, and an invalid request', async () => {
    expect((await remote('page.html')).json.details.error_code).toBe('unsupported_media');
    expect((await remote('nothing')).json.details.error_code).toBe('source_not_found');
    for (const body of [{}, { url: '' }, { url: 1 }, { url: 'x'.repeat(9000) }, []]) {
      const { status, json } = await service.call('POST', '/v1/probe', body);
      expect([body, status, json.code]).toEqual([body, 400, 'invalid_request']);
    }
  });
});
