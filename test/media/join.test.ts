import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWorkshop, type Workshop } from './helpers.ts';
import { type Measurement, measure } from './measurements.ts';

const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'];
const colour = (name: string, size: string, rate: number) => [
  '-f',
  'lavfi',
  '-i',
  `color=${name}:s=${size}:r=${rate}:d=1`,
];
const sine = (rate: number) => ['-f', 'lavfi', '-i', `sine=frequency=440:sample_rate=${rate}:duration=1`];

let shop: Workshop;
let red = '';
let green = '';
let blue = '';
let tone = '';

beforeAll(async () => {
  shop = await openWorkshop();
  red = await shop.make('red.mp4', [...colour('red', '320x180', 25), ...sine(44100), ...H264, '-c:a', 'aac']);
  green = await shop.make('green.webm', [
    ...colour('lime', '120x160', 10),
    '-c:v',
    'libvpx-vp9',
    '-deadline',
    'realtime',
    '-cpu-used',
    '8',
  ]);
  blue = await shop.make('blue.mkv', [
    ...colour('blue', '201x101', 30),
    ...sine(48000),
    '-ac',
    '2',
    '-c:v',
    'ffv1',
    '-c:a',
    'flac',
  ]);
  tone = await shop.make('tone.mp3', sine(22050));
}, 60_000);

afterAll(() => shop.remove());

describe('several inputs without options', () => {
  it.each(['mp4', 'webm', 'avi', 'gif'] as const)(
    'several inputs of different size, rate, codec and audio become one %s',
    async (format) => {
      const { info, plan, path } = await shop.transcode([red, green, blue], { outputFormat: format });
      expect([info.video[0]!.width, info.video[0]!.height]).toEqual([320, 180]);
      expect(info.audio.length).toBe(format === 'gif' ? 0 : 1);
      expect(plan.durationSeconds).toBeCloseTo(3, 1);
      expect(info.durationSeconds).toBeGreaterThan(2.85);
      expect(info.durationSeconds).toBeLessThan(3.2);
      const [first, second, third] = await measure([0.5, 1.5, 2.5].map((at) => colourOf(path, 0.5, at)));
      expect(first![0]).toBeGreaterThan(180);
      expect(second![1]).toBeGreaterThan(180);
      expect(third![2]).toBeGreaterThan(180);
    },
  );

  it('have missing audio filled with silence of the right length', async () => {
    const { path } = await shop.transcode([red, green, blue], { outputFormat: 'mp4' });
    const times = [0.2, 1.2, 2.2].map((from) => ({ kind: 'loudness', path, from, length: 0.6 }) as const);
    const [first, second, third] = (await measure(times)).flat();
    expect(first).toBeGreaterThan(-30);
    expect(second).toBeLessThan(-70);
    expect(third).toBeGreaterThan(-30);
  });

  it('have bars added to video of another aspect ratio', async () => {
    const { path } = await shop.transcode([red, green], { outputFormat: 'mp4' });
    const [side] = await measure([colourOf(path, 0.1, 1.5)]);
    expect(Math.max(...side!)).toBeLessThan(40);
  });

  it('have the preset applied to the frame of the first input', async () => {
    const large = await shop.make('large.mp4', [...colour('red', '960x540', 5), ...H264]);
    const { info } = await shop.transcode([large, green], { outputFormat: 'mp4', preset: { resolution: '480p' } });
    expect([info.video[0]!.width, info.video[0]!.height]).toEqual([854, 480]);
    expect(info.audio).toEqual([]);
  });

  it('have only their audio joined in an audio format', async () => {
    const { info } = await shop.transcode([tone, red], { outputFormat: 'm4a' });
    expect(info.video).toEqual([]);
    expect(info.durationSeconds).toBeGreaterThan(1.9);
    expect(info.durationSeconds).toBeLessThan(2.3);
  });

  it('are trimmed by the options of each input', async () => {
    const inputs = [
      { url: 'a', options: [{ option: '-t', argument: 0.4 }] },
      { url: 'b', options: [{ option: '-ss', argument: '0.6' }] },
    ];
    const { info, plan } = await shop.transcode([red, blue], { outputFormat: 'mp4', inputs });
    expect(plan.durationSeconds).toBeCloseTo(0.8, 2);
    expect(info.durationSeconds).toBeGreaterThan(0.7);
    expect(info.durationSeconds).toBeLessThan(1);
  });

  it('are rejected if one of them has no video, and the error names this input', async () => {
    await expect(shop.transcode([red, tone], { outputFormat: 'mp4' })).rejects.toThrow('Input 2 has no video');
  });

  it('are reduced to the first input for a still picture, with a warning', async () => {
    const { plan, path } = await shop.transcode([green, red], { outputFormat: 'png' });
    expect(plan.warnings).toHaveLength(1);
    const [middle] = await measure([colourOf(path, 0.5, 0)]);
    expect(middle![1]).toBeGreaterThan(180);
  });
});

/** Returns a measurement of the color halfway down the frame. */
function colourOf(path: string, x: number, at: number): Measurement & { path: string } {
  return { kind: 'colour', path, x, y: 0.5, at };
}
