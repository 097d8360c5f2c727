import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transcode } from '../../testkit/media.ts';
import { makeMedia } from '../../testkit/media-cache.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';
import { startSource } from '../../testkit/source-server.ts';

/** FFmpeg arguments for a source of one minute and about 14 MB. */
const MINUTE = [
  ...[
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=160x90:r=25:d=60,noise=alls=40:allf=t:all_seed=1',
    '-f',
    'lavfi',
    '-i',
    'sine=d=60',
  ],
  ...[
    '-c:v',
    'libx264',
    '-preset',
    'ultrafast',
    '-bf',
    '3',
    '-g',
    '25',
    '-qp',
    '22',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ],
];
/** Offset of the matrix in the box `mvhd`, from the type of the box. */
const MATRIX_AT = 4 + 36;

const picture = (seconds: string) => ({
  outputFormat: 'png',
  options: [
    { option: '-ss', argument: seconds },
    { option: '-vf', argument: 'scale=80:-2' },
    { option: '-frames:v', argument: '1' },
  ],
});

describe('a picture of a long source', () => {
  let service: TestService;
  let folder: string;
  let origin: Awaited<ReturnType<typeof startSource>>;
  let bytes: Buffer;
  /** A Matroska file with the same streams as `bytes`. */
  let matroska: Buffer;
  /** The source with a matrix that the readers do not describe. */
  let unclear: Buffer;
  const seen = { requests: 0, bytes: 0 };

  /** Responds to a request for a range as a correct server does. The first part of the path selects a wrong response instead. */
  const reply = (request: IncomingMessage, response: ServerResponse) => {
    const [kind, container] = new URL(request.url!, 'http://source').pathname.slice(1).split('/');
    const all = container === 'mkv' ? matroska : bytes;
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    seen.requests += 1;
    const etag = kind === 'changes' ? `"v${Math.min(seen.requests, 2)}"` : '"v1"';
    const isCurrent = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
    if (first === undefined || kind === 'plain' || (kind === 'changes' && !isCurrent)) {
      response.writeHead(200, { 'content-length': all.length }).end(all);
      return;
    }
    const [start, end] = [Number(first), Math.min(all.length, Number(last) + 1)];
    const part = (kind === 'unclear' ? unclear : all).subarray(start, kind === 'long' ? end + 100 : end);
    const shift = kind === 'shifted' && seen.requests > 1 ? 1 : 0;
    const size = kind === 'grows' ? all.length + (seen.requests > 1 ? 1000 : 0) : all.length;
    response.writeHead(206, {
      'content-range': `bytes ${start + shift}-${end - 1 + shift}/${size}`,
      'content-length': part.length,
      ...(kind === 'weak'
        ? { etag: 'W/"v1"' }
        : kind === 'unnamed'
          ? {}
          : { etag: kind === 'swapped' ? `"v${seen.requests}"` : etag }),
    });
    response.end(part);
    seen.bytes += part.length;
  };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-ranges-'));
    await makeMedia(join(folder, 'minute.mp4'), MINUTE);
    bytes = await readFile(join(folder, 'minute.mp4'));
    const copy = ['-i', join(folder, 'minute.mp4'), '-c', 'copy', join(folder, 'minute.mkv')];
    await run('ffmpeg', ['-nostdin', '-v', 'error', ...copy]);
    matroska = await readFile(join(folder, 'minute.mkv'));
    unclear = Buffer.from(bytes);
    unclear.writeUInt32BE(0x20000, unclear.indexOf('mvhd') + MATRIX_AT);
    service = await shareService();
    origin = await startSource(reply);
  });
  afterAll(async () => {
    origin?.close();
    await service?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const make = (kind: string, seconds: string) => {
    Object.assign(seen, { requests: 0, bytes: 0 });
    return transcode(service, { inputs: [{ url: `${origin.url}/${kind}` }], ...picture(seconds) });
  };
  const makeOutputs = (kind: string, ...outputs: object[]) => {
    Object.assign(seen, { requests: 0, bytes: 0 });
    return transcode(service, { inputs: [{ url: `${origin.url}/${kind}` }], outputs });
  };

  const SECONDS = ['0', '30.5', '44.99', '59.9'];
  it('needs only parts of the source, and equals the picture from the complete source', async () => {
    const complete = await makeOutputs('plain', ...SECONDS.map(picture));
    expect(complete).toMatchObject({ status: 'completed', inputs: [{ fetched: 'whole' }] });
    // The response to the request for a range contains the complete source.
    expect(seen.requests).toBe(1);
    for (const [index, seconds] of SECONDS.entries()) {
      const job = await make('honest', seconds);
      expect(job, seconds).toMatchObject({ status: 'completed', inputs: [{ fetched: 'ranges', size: bytes.length }] });
      expect(seen.bytes, seconds).toBeLessThan(bytes.length / 4);
      expect(seen.requests, seconds).toBeLessThanOrEqual(6);
      expect(job.outputs[0].sha256, seconds).toBe(complete.outputs[index].sha256);
      expect(job.inputs[0].duration).toBe(complete.inputs[0].duration);
      expect(job.video_metadata).toEqual(complete.video_metadata);
    }
  });

  const STILLS = [12.34, '50%', '100%', 'best'];
  const makeStills = (kind: string, ...stills: { at: number | string; width: number }[]) => {
    Object.assign(seen, { requests: 0, bytes: 0 });
    const outputs = stills.map((still) => ({ outputFormat: 'png', still }));
    const [output] = outputs;
    return transcode(service, {
      inputs: [{ url: `${origin.url}/${kind}` }],
      ...(outputs.length === 1 ? output : { outputs }),
    });
  };

  it('needs only parts of the source for a still, and equals the still from the complete source', async () => {
    const complete = await makeStills('plain', ...STILLS.map((at) => ({ at, width: 80 })));
    expect(complete).toMatchObject({ status: 'completed', inputs: [{ fetched: 'whole' }] });
    for (const [index, at] of STILLS.entries()) {
      const job = await makeStills('honest', { at, width: 80 });
      expect(job, String(at)).toMatchObject({
        status: 'completed',
        inputs: [{ fetched: 'ranges' }],
        outputs: [{ role: 'still' }],
      });
      expect(seen.bytes, String(at)).toBeLessThan(bytes.length / 4);
      expect(seen.requests, String(at)).toBeLessThanOrEqual(12);
      expect(job.outputs[0].sha256, String(at)).toBe(complete.outputs[index].sha256);
    }
  });

  it('needs only parts of the source for several stills', async () => {
    const stills = [10, 30.5, '75%'].map((at) => ({ at, width: 80 }));
    const job = await makeStills('honest', ...stills);
    expect(job).toMatchObject({ status: 'completed', inputs: [{ fetched: 'ranges' }] });
    const complete = await makeStills('plain', ...stills);
    const hashes = ({ outputs }: { outputs: { sha256: string }[] }) => outputs.map(({ sha256 }) => sha256);
    expect(hashes(job)).toEqual(hashes(complete));
    expect(new Set(hashes(job)).size).toBe(3);
  });

  const filesOf = async ({ id }: { id: string }, output: string) =>
    (await service.call('GET', `/v1/transcodes/${id}/files?output=${output}`)).json.items;

  it('yields the same thumbnails and sprite from its key frames alone as from the complete source', async () => {
    const outputs = [
      { outputFormat: 'thumbnails', count: 6, width: 80 },
      { outputFormat: 'sprite', every_seconds: 10, width: 32 },
      { outputFormat: 'jpg', still: { at: 15.1, width: 80 } },
    ];
    const job = await makeOutputs('honest', ...outputs);
    expect(job).toMatchObject({ status: 'completed', warnings: [], inputs: [{ fetched: 'ranges' }] });
    expect(seen.bytes).toBeLessThan(bytes.length / 4);
    expect(seen.requests).toBeLessThanOrEqual(16);
    const complete = await makeOutputs('plain', ...outputs);
    expect(complete).toMatchObject({ status: 'completed', inputs: [{ fetched: 'whole' }] });
    expect(seen.requests).toBe(1);
    for (const output of ['thumbnails', 'sprite']) {
      const files = await filesOf(job, output);
      expect(files).toEqual(await filesOf(complete, output));
    }
    expect(job.outputs[2].sha256).toBe(complete.outputs[2].sha256);
  });

  it('yields the same thumbnails and sprite from the key frames in the cues of Matroska alone as from the complete source', async () => {
    const outputs = [
      { outputFormat: 'thumbnails', count: 6, width: 80 },
      { outputFormat: 'sprite', every_seconds: 10, width: 32 },
    ];
    const job = await makeOutputs('honest/mkv', ...outputs);
    expect(job).toMatchObject({ status: 'completed', warnings: [], inputs: [{ fetched: 'ranges' }] });
    expect(seen.bytes).toBeLessThan(matroska.length / 4);
    expect(seen.requests).toBeLessThanOrEqual(16);
    const complete = await makeOutputs('plain/mkv', ...outputs);
    expect(complete).toMatchObject({ status: 'completed', inputs: [{ fetched: 'whole' }] });
    for (const output of ['thumbnails', 'sprite'])
      expect(await filesOf(job, output)).toEqual(await filesOf(complete, output));
    expect(job.video_metadata).toEqual(complete.video_metadata);
  });

  it('needs only the clusters of Matroska around stills, also next to a sprite, and shows the same pictures', async () => {
    const outputs = [
      ...[12.34, '100%'].map((at) => ({ outputFormat: 'png', still: { at, width: 80 } })),
      { outputFormat: 'sprite', every_seconds: 10, width: 32 },
    ];
    const job = await makeOutputs('honest/mkv', ...outputs);
    expect(job).toMatchObject({ status: 'completed', warnings: [], inputs: [{ fetched: 'ranges' }] });
    expect(seen.bytes).toBeLessThan(matroska.length / 4);
    const complete = await makeOutputs('plain/mkv', ...outputs);
    expect(complete).toMatchObject({ status: 'completed', inputs: [{ fetched: 'whole' }] });
    const hashes = ({ outputs }: { outputs: { sha256: string }[] }) => outputs.map(({ sha256 }) => sha256);
    expect(hashes(job)).toEqual(hashes(complete));
  });

  it('requires the complete source if the pictures outnumber the key frames, or if the ranges are too large', async () => {
    for (const every of [0.2, 1]) {
      const job = await makeOutputs('honest', { outputFormat: 'sprite', every_seconds: every, width: 32 });
      expect(job).toMatchObject({ status: 'completed', inputs: [{ fetched: 'whole' }] });
    }
  });

  it('requires ffprobe if the readers cannot describe the source', async () => {
    const job = await make('unclear', '30.5');
    expect(job).toMatchObject({ status: 'completed', inputs: [{ fetched: 'ranges', size: bytes.length }] });
    const known = await make('honest', '30.5');
    expect(job.outputs[0].sha256).toBe(known.outputs[0].sha256);
    expect(job.video_metadata).toEqual(known.video_metadata);
  });

  it.each([
    ['has no entity tag', 'unnamed'],
    ['has a weak entity tag', 'weak'],
    ['changes, and says so', 'changes'],
    ['changes its entity tag', 'swapped'],
    ['changes its size', 'grows'],
    ['answers with another range', 'shifted'],
    ['sends more than was requested', 'long'],
  ])('is made from the complete source if the source %s', async (_, kind) => {
    const job = await make(kind, '30.5');
    expect(job).toMatchObject({ status: 'completed', attempts: 1, inputs: [{ fetched: 'whole' }] });
  });
});
