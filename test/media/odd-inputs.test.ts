import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputFormat } from '../../src/contract/formats.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
let moving = '';
let single = '';

beforeAll(async () => {
  shop = await openWorkshop();
  const source = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10:d=1', '-vf', 'format=rgba,colorchannelmixer=aa=0.5'];
  moving = await shop.make('moving.apng', source);
  single = await shop.make('single.apng', [...source, '-frames:v', '1']);
}, 60_000);

afterAll(() => shop.remove());

describe('an animated PNG', () => {
  it.each([
    ['mp4', 'h264'],
    ['webm', 'vp9'],
    ['gif', 'gif'],
    ['webp', 'webp'],
  ] as [OutputFormat, string][])('becomes a moving %s', async (outputFormat, codec) => {
    const { info } = await shop.transcode([moving], { outputFormat });
    expect(info.video[0]).toMatchObject({ codec, width: 96, height: 64 });
    expect(info.durationSeconds).toBeCloseTo(1, 1);
    expect(info.isImage).toBe(false);
  });

  it.each(['jpg', 'png'] as const)('becomes a still %s', async (outputFormat) => {
    const { info } = await shop.transcode([moving], { outputFormat });
    expect(info).toMatchObject({ isImage: true, video: [{ width: 96, height: 64 }] });
  });

  it('of one frame is a picture', async () => {
    const { plan, info } = await shop.transcode([single], { outputFormat: 'webp' });
    expect(plan.args).toContain('libwebp');
    expect(info.isImage).toBe(true);
    const looped = {
      inputs: [{ url: single, options: [{ option: '-t', argument: '2' }] }],
      outputFormat: 'mp4' as const,
    };
    const { info: video } = await shop.transcode([single], looped);
    expect(video.durationSeconds).toBeCloseTo(2, 1);
  });
});

describe('a transport stream that starts in the middle of a packet', () => {
  it('is read from its first complete packet', async () => {
    const source = ['-f', 'lavfi', '-i', 'testsrc2=s=96x64:r=10:d=2', '-c:v', 'libx264', '-preset', 'ultrafast'];
    const complete = await shop.make('complete.ts', source);
    const cut = join(shop.dir, 'cut.ts');
    await writeFile(cut, (await readFile(complete)).subarray(100));
    const { info } = await shop.transcode([cut], { outputFormat: 'mp4' });
    expect(info.video[0]!.frames).toBe(20);
  });
});
