import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/templates/built-in.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Result, type Workshop } from './helpers.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop?.remove());

const picture = (size: string, seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=5:d=${seconds}`];
/** Returns arguments for a tone. Noise is not suitable, because Opus keeps little of it at 32 kbit/s. */
const tone = (seconds: number, level: number, layout = 'stereo') => [
  ...['-f', 'lavfi', '-i'],
  `sine=f=440:d=${seconds},volume=${level},aformat=channel_layouts=${layout}`,
];
const FAST = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac', '-shortest'];

/** Applies the newest version of a built-in template to a file. */
function apply(name: string, file: string): Promise<Result> {
  return shop.transcode([file], BUILT_IN.get(name)!.versions.at(-1)! as never);
}

/** Returns the integrated loudness in LUFS. */
async function loudnessOf(path: string): Promise<number> {
  const { stderr } = await run('ffmpeg', [
    '-hide_banner',
    '-i',
    path,
    '-af',
    'ebur128=dualmono=true',
    '-f',
    'null',
    '-',
  ]);
  return Number(/I:\s+(-?[\d.]+) LUFS(?![\s\S]*I:\s+-?[\d.]+ LUFS)/.exec(stderr)![1]);
}

/** Returns the hashes of the decoded streams. */
async function framesOf(path: string): Promise<string> {
  return (await run('ffmpeg', ['-v', 'error', '-i', path, '-f', 'streamhash', '-'])).stdout;
}

describe('the built-in template', () => {
  it('airlock/social-9x16 fits a wide video with quiet sound into 1080x1920 at -14 LUFS', async () => {
    const file = await shop.make('wide.mp4', [...picture('640x360', 4), ...tone(4, 0.1), ...FAST]);
    const { info, path } = await apply('airlock/social-9x16', file);
    expect(info.video).toMatchObject([{ codec: 'h264', width: 1080, height: 1920 }]);
    expect(Math.abs((await loudnessOf(path)) + 14)).toBeLessThan(1);
  });

  it('airlock/social-9x16 accepts a tall video without sound', async () => {
    const file = await shop.make('tall.mp4', [...picture('360x640', 1), ...FAST]);
    expect((await apply('airlock/social-9x16', file)).info).toMatchObject({
      video: [{ width: 1080, height: 1920 }],
      audio: [],
    });
  });

  it.each([
    ['airlock/podcast', 'stereo', 'mp3'],
    ['airlock/podcast', 'mono', 'mp3'],
    ['airlock/voice', 'stereo', 'opus'],
  ])('%s converts %s sound to -16 LUFS', async (name, layout, codec) => {
    const file = await shop.make(`${layout}.wav`, [...tone(8, 0.1, layout), '-c:a', 'pcm_s16le']);
    const { info, path } = await apply(name, file);
    expect(info.audio).toMatchObject([{ codec, channels: name === 'airlock/voice' || layout === 'mono' ? 1 : 2 }]);
    expect(Math.abs((await loudnessOf(path)) + 16)).toBeLessThan(1);
  });

  it('airlock/archive keeps every picture and sample', async () => {
    const source = [...picture('64x48', 1), ...tone(1, 0.1), '-c:v', 'ffv1', '-pix_fmt', 'yuv422p10le', '-c:a', 'flac'];
    const file = await shop.make('source.mkv', [...source, '-shortest']);
    const { info, path } = await apply('airlock/archive', file);
    expect(info.video).toMatchObject([{ codec: 'ffv1' }]);
    expect(await framesOf(path)).toBe(await framesOf(file));
  });

  it('airlock/web makes an MP4 of at most 1080p', async () => {
    const file = await shop.make('large.mp4', [...picture('2560x1440', 0.4), ...tone(1, 0.1), ...FAST]);
    expect((await apply('airlock/web', file)).info).toMatchObject({
      video: [{ codec: 'h264', width: 1920, height: 1080 }],
      audio: [{ codec: 'aac' }],
    });
  });
});
