import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Airlock } from '../../sdk/src/index.ts';
import type { QualityFigures } from '../../src/contract/quality.ts';
import { makeClip, transcode, upload } from '../../testkit/media.ts';
import { run } from '../../testkit/run.ts';
import { shareService, type TestService } from '../../testkit/service.ts';

let service: TestService;
let airlock: Airlock;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airlock-quality-'));
  service = await shareService();
  airlock = new Airlock({ url: service.api, key: service.key });
});
afterAll(async () => {
  await service?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function source(name: string, options: Parameters<typeof makeClip>[1] = {}) {
  const path = join(folder, name);
  await makeClip(path, options);
  return { path, url: (await upload(service, path, 'video/mp4', name)).fileUrl };
}

/** Returns the SSIM of all planes from a separate run of FFmpeg, which shares no code with the service. */
async function similarity(file: string, original: string, filter = 'null'): Promise<number> {
  const graph = `[0:v]setpts=N[a];[1:v]${filter},setpts=N[b];[a][b]ssim`;
  const { stderr } = await run('ffmpeg', ['-i', file, '-i', original, '-lavfi', graph, '-f', 'null', '-']);
  return Number(/All:([\d.]+)/.exec(stderr)?.[1]);
}

async function save(job: Awaited<ReturnType<typeof transcode>>, index = 0): Promise<string> {
  const path = join(folder, `${job.id}-${index}.mp4`);
  await airlock.resultOf(job).save(path, { output: job.outputs[index]!.name });
  return path;
}

const SEVERAL = ['ssim', 'xpsnr', 'psnr'];

describe('the quality of an output', () => {
  it('is measured with every metric that the request names, and equals the result of FFmpeg', async () => {
    const { path, url } = await source('wide.mp4', { seconds: 2, size: '322x182', args: ['-vf', 'noise=alls=20'] });
    const small = { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'scale=160:-2' }] };
    const outputs = [
      { outputFormat: 'mp4', name: 'low', preset: { quality: 'low' }, measure: SEVERAL },
      { ...small, name: 'small', measure: ['psnr'] },
      { outputFormat: 'mp3' },
    ];
    const job = await transcode(service, { inputs: [{ url }], outputs });
    expect(job).toMatchObject({ status: 'completed', warnings: [] });
    const [low, scaled, audio] = job.outputs;
    expect(low!.measures!.map(({ metric }: QualityFigures) => metric)).toEqual(SEVERAL);
    expect(low!.quality).toEqual(low!.measures![0]);
    expect(low!.quality!.mean).toBeCloseTo(await similarity(await save(job), path), 4);
    for (const { mean, p1 } of low!.measures!) expect(p1).toBeLessThan(mean);
    expect(scaled!.quality).toMatchObject({ metric: 'psnr' });
    expect(scaled!.quality!.mean).toBeGreaterThan(25);
    expect(audio).not.toHaveProperty('quality');
  });

  it('is measured for the part of the source that a trimmed, rotated or slower output shows', async () => {
    const rotated = ['-metadata:s:v:0', 'rotate=90', '-g', '12'];
    const { url } = await source('turned.mp4', { seconds: 3, size: '256x144', args: rotated });
    const trimmed = [
      { option: '-ss', argument: '1.3' },
      { option: '-t', argument: 1 },
    ];
    const job = await transcode(service, {
      inputs: [{ url }],
      outputs: [
        { outputFormat: 'mp4', options: trimmed, measure: ['ssim'] },
        { outputFormat: 'mkv', preset: { quality: 'high' }, measure: ['ssim'] },
        { outputFormat: 'mp4', options: [{ option: '-vf', argument: 'setpts=2*PTS,crop=100:100' }], measure: ['ssim'] },
      ],
    });
    expect(job).toMatchObject({ status: 'completed', warnings: [] });
    for (const { quality } of job.outputs) expect(quality!.mean).toBeGreaterThan(0.95);
  });

  it('is measured for the largest rendition of a ladder', async () => {
    const { path, url } = await source('stream.mp4', { seconds: 2, size: '322x182', args: ['-vf', 'noise=alls=20'] });
    const ladder = [{ height: 90 }, { height: 180 }];
    const outputs = [
      { outputFormat: 'hls', ladder, measure: ['ssim', 'psnr'] },
      { outputFormat: 'mp4', name: 'file', measure: ['psnr'] },
    ];
    const job = await transcode(service, { inputs: [{ url }], outputs });
    expect(job).toMatchObject({ status: 'completed', warnings: [] });
    const [stream, file] = job.outputs;
    expect(stream!.measures!.map(({ metric }: QualityFigures) => metric)).toEqual(['ssim', 'psnr']);
    expect(file!.quality!.metric).toBe('psnr');
    const tree = join(folder, 'measured');
    await airlock.resultOf(job).saveFiles(tree, { output: 'hls' });
    const { width, height } = stream!.renditions![0]!;
    const scaled = `scale=${width}:${height}`;
    const mean = await similarity(join(tree, '180p/index.m3u8'), path, scaled);
    expect(stream!.quality!.mean).toBeCloseTo(mean, 3);
  });

  it('is not measured if the output has several sources, and a warning reports this', async () => {
    const { url } = await source('half.mp4', { seconds: 1 });
    const joined = await transcode(service, {
      inputs: [{ url }, { url }],
      outputFormat: 'mp4',
      target: { metric: 'ssim', at_least: 0.98 },
    });
    expect(joined.status).toBe('completed');
    expect(joined.outputs[0]).not.toHaveProperty('quality');
    expect(joined.warnings).toEqual([{ field: 'target', message: expect.stringContaining('several inputs') }]);
  });
});

describe('an output with a quality target', () => {
  it('reaches its target in fewer bytes than the preset high', async () => {
    const { path, url } = await source('long.mp4', { seconds: 12, rate: 12 });
    const outputs = [
      { outputFormat: 'mp4', name: 'found', target: { metric: 'ssim', at_least: 0.97 } },
      { outputFormat: 'mp4', name: 'fixed', preset: { quality: 'high' } },
    ];
    const job = await transcode(service, { inputs: [{ url }], outputs });
    expect(job).toMatchObject({ status: 'completed', warnings: [] });
    const [found, fixed] = job.outputs;
    expect(found!.quality).toMatchObject({ metric: 'ssim' });
    expect(found!.quality!.mean).toBeGreaterThanOrEqual(0.97);
    expect(await similarity(await save(job), path)).toBeGreaterThanOrEqual(0.9699);
    expect(found!.size).toBeLessThan(0.8 * fixed!.size!);
  });

  it('completes with a warning if its target cannot be reached below its highest bit rate', async () => {
    const { url } = await source('noisy.mp4', { seconds: 2, args: ['-vf', 'noise=alls=60:allf=t'] });
    const job = await transcode(service, {
      inputs: [{ url }],
      outputFormat: 'mp4',
      preset: { target: { metric: 'xpsnr', at_least: 45 } },
      max_bitrate: '200k',
    });
    expect(job.status).toBe('completed');
    expect(job.warnings).toEqual([
      { field: 'outputs[0].target', message: expect.stringMatching(/did not reach xpsnr 45 below max_bitrate/) },
    ]);
    expect(job.outputs[0]!.quality!.mean).toBeLessThan(45);
  });
});

describe('an automatic ladder', () => {
  it('has fewer rungs and fewer bytes for slides', async () => {
    // A still picture that is replaced by another after 30 seconds.
    const slides = ['-vf', "loop=loop=-1:size=1,trim=duration=50,negate=enable='gte(t,30)'", '-g', '25', '-an'];
    const { url } = await source('slides.mp4', { seconds: 50, size: '768x432', rate: 1, args: slides });
    const fixed = [432, 360, 240].map((height) => ({ height }));
    const job = await transcode(service, {
      inputs: [{ url }],
      outputs: [
        { outputFormat: 'hls', name: 'auto', ladder: 'auto' },
        { outputFormat: 'hls', name: 'fixed', ladder: fixed },
      ],
    });
    expect(job.status).toBe('completed');
    const [automatic, table] = job.outputs;
    expect(table!.renditions).toHaveLength(3);
    expect(automatic!.renditions).toHaveLength(1);
    expect(automatic!.renditions![0]).toMatchObject({ width: 768, height: 432 });
    expect(automatic!.size).toBeLessThanOrEqual(0.7 * table!.size!);
  });
});
