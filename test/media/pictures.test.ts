import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutputRequest } from '../../src/contract/transcode-request.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop?.remove());

const X264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const moving = (seconds: number) => ['-f', 'lavfi', '-i', `testsrc2=s=160x90:r=25:d=${seconds}`];

/** Returns the hash of a picture's pixels, or of the last frame of a video that is shown up to a time. */
async function pixels(path: string, upTo?: number): Promise<string> {
  const only = upTo === undefined ? [] : ['-vf', `select=lte(t\\,${upTo}),reverse`];
  const args = ['-v', 'error', '-i', path, ...only, '-frames:v', '1', '-pix_fmt', 'rgb24', '-f', 'md5', '-'];
  return (await run('ffmpeg', args)).stdout;
}

const still = (at: number | string, width?: number): OutputRequest => ({
  outputFormat: 'png',
  still: { at, ...(width && { width }) },
});

describe('a still', () => {
  let clip: string;
  /** A video with frames in its first two seconds. The last frame is shown until ten seconds. */
  let uneven: string;
  let single: string;
  beforeAll(async () => {
    clip = await shop.make('clip.mp4', [...moving(4), ...X264, '-g', '25', '-bf', '2']);
    const frames = "select='lt(n,50)+eq(n,249)'";
    uneven = await shop.make('uneven.mp4', [...moving(10), '-vf', frames, '-fps_mode', 'vfr', ...X264]);
    single = await shop.make('single.mp4', [...moving(1), '-frames:v', '1', ...X264]);
  });

  it.each([0, 0.02, 1.5, 1.53, 3.97])('shows the picture that a player shows at %s s', async (seconds) => {
    const { path, plan } = await shop.transcode([clip], still(seconds));
    expect(await pixels(path)).toBe(await pixels(clip, seconds));
    expect(plan.warnings).toEqual([]);
  });

  it('shows the last picture if its time is after the end, with a warning', async () => {
    const { path, plan } = await shop.transcode([clip], still(90));
    expect(await pixels(path)).toBe(await pixels(clip, 4));
    const message = 'The video ends after 4 s, before 90 s. The still shows its last picture.';
    expect(plan.warnings).toEqual([{ field: 'still.at', message }]);
  });

  it('shows the picture that is displayed at its time, and the only picture of a video with one frame', async () => {
    expect(await pixels((await shop.transcode([uneven], still(5))).path)).toBe(await pixels(uneven, 5));
    for (const at of ['0%', '50%', '100%'])
      expect(await pixels((await shop.transcode([single], still(at))).path)).toBe(await pixels(single, 1));
  });

  it.each(['mkv', 'ts', 'flv'])('shows the picture at its time in %s', async (container) => {
    const source = await shop.make(`clip.${container}`, ['-i', clip, '-c', 'copy']);
    for (const seconds of [0.5, 2.5, 4]) {
      const { path } = await shop.transcode([source], still(seconds));
      expect(await pixels(path), `${seconds}`).toBe(await pixels(clip, seconds));
    }
  });

  it.each([0, 5000])(
    'shows the picture at its time in a transport stream whose sound starts first, at %i s',
    async (start) => {
      const long = await shop.make('long.mp4', [...moving(25), '-vf', 'scale=64:36', ...X264, '-g', '30']);
      const sound = ['-f', 'lavfi', '-i', 'sine=d=25'];
      const source = await shop.make(`late-${start}.ts`, [
        ...['-itsoffset', '0.4', '-i', long, ...sound, '-map', '0:v', '-map', '1:a', '-c:v', 'copy', '-c:a', 'mp2'],
        ...['-output_ts_offset', String(start)],
      ]);
      for (const seconds of [2.02, 12.54, 21.34]) {
        const { path } = await shop.transcode([source], still(seconds));
        expect(await pixels(path), `${seconds}`).toBe(await pixels(long, seconds - 0.4));
      }
    },
  );

  it('is upright, and as wide as requested but never wider than the video', async () => {
    const upright = await shop.make('upright.mp4', ['-display_rotation', '90', '-i', clip, '-c', 'copy']);
    const sizes = [];
    for (const width of [60, 4000]) {
      const { video } = (await shop.transcode([upright], still('25%', width))).info;
      sizes.push([video[0]!.width, video[0]!.height]);
    }
    expect(sizes).toEqual([
      [60, 107],
      [90, 160],
    ]);
  });
});

describe('a preview', () => {
  it.each([
    ['gif', 'gif'],
    ['mp4', 'h264'],
    ['webp', 'webp'],
  ] as const)('shows equal parts of the video as %s, without sound', async (outputFormat, codec) => {
    const source = await shop.make('talk.mp4', [...moving(8), '-f', 'lavfi', '-i', 'sine=d=8', ...X264]);
    const { plan, info } = await shop.transcode([source], { outputFormat, preview: { seconds: 2, width: 80 } });
    expect(plan.args.flatMap((arg, index) => (arg === '-ss' ? [plan.args[index + 1]] : []))).toEqual([
      '0.75',
      '2.75',
      '4.75',
      '6.75',
    ]);
    expect(info.audio).toEqual([]);
    expect(info.video[0]!.codec).toBe(codec);
    // FFmpeg cannot read animated WebP. `pictures.test.ts` of the sanitizer tests it.
    if (outputFormat === 'webp') return;
    expect(info.video[0]).toMatchObject({ width: 80, height: outputFormat === 'gif' ? 45 : 44 });
    expect(info.durationSeconds).toBeCloseTo(2, 1);
  });

  it('shows the complete video if the video is shorter than the preview, with a warning', async () => {
    const source = await shop.make('short.mp4', [...moving(1), ...X264]);
    const { plan, info } = await shop.transcode([source], { outputFormat: 'mp4', preview: { seconds: 5 } });
    expect(info.durationSeconds).toBeCloseTo(1, 1);
    expect(plan.warnings).toMatchObject([{ field: 'preview.seconds' }]);
  });
});

describe('a waveform', () => {
  it('is as high as the audio is loud, on a transparent background', async () => {
    const loudness = "volume='if(lt(t,1),0,1)':eval=frame";
    const source = await shop.make('tone.wav', ['-f', 'lavfi', '-i', 'sine=d=2', '-af', loudness]);
    const waveform = { width: 100, height: 50, color: '#ff8000' };
    const { path, info } = await shop.transcode([source], { outputFormat: 'png', waveform });
    expect(info.video[0]).toMatchObject({ width: 100, height: 50, hasAlpha: true });
    const raw = ['-v', 'error', '-i', path, '-pix_fmt', 'rgba', '-f', 'rawvideo', '-'];
    const { stdout } = await run('ffmpeg', raw, { encoding: 'buffer', maxBuffer: 2 ** 20 });
    const at = (x: number, y: number) => [...stdout.subarray((y * 100 + x) * 4).subarray(0, 4)];
    expect(at(75, 25)).toEqual([255, 128, 0, 255]);
    expect([at(75, 2)[3], at(20, 15)[3]]).toEqual([0, 0]);
  });

  it('has smooth edges of its own color', async () => {
    const source = await shop.make('noise.wav', ['-f', 'lavfi', '-i', 'anoisesrc=d=2:c=pink:a=0.5:seed=1']);
    const waveform = { width: 100, height: 50, color: '#ff8000' };
    const { path } = await shop.transcode([source], { outputFormat: 'png', waveform });
    const raw = ['-v', 'error', '-i', path, '-pix_fmt', 'rgba', '-f', 'rawvideo', '-'];
    const { stdout } = await run('ffmpeg', raw, { encoding: 'buffer', maxBuffer: 2 ** 20 });
    const pixels = Array.from({ length: 100 * 50 }, (_, index) => [...stdout.subarray(index * 4, index * 4 + 4)]);
    const visible = pixels.filter(([, , , alpha]) => alpha! > 0);
    expect(visible.every(([red, green, blue]) => red === 255 && green === 128 && blue === 0)).toBe(true);
    expect(visible.filter(([, , , alpha]) => alpha! < 255).length).toBeGreaterThan(100);
  });
});
