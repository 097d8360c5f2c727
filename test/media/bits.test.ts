import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TranscodeRequest } from '../../src/contract/transcode-request.ts';
import { run } from '../../testkit/run.ts';
import { openWorkshop, type Workshop } from './helpers.ts';

const SLOW = ['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=5:d=16', '-c:v', 'libx264', '-preset', 'ultrafast'];

let shop: Workshop;
let slow = '';
let late = '';

beforeAll(async () => {
  shop = await openWorkshop();
  slow = await shop.make('slow.mp4', SLOW);
  late = await shop.make('late.mkv', [...SLOW, '-output_ts_offset', '100']);
}, 60_000);

afterAll(() => shop.remove());

/** Returns the presentation times of the key frames and of the end, relative to the first key frame. */
async function keyTimes(path: string): Promise<number[]> {
  const entries = ['-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'error', '-select_streams', 'v', ...entries, path]);
  const packets = stdout.split('\n').flatMap((line) => {
    const [time, flags] = line.split(',');
    return time ? [{ time: Number(time), isKey: flags?.startsWith('K') ?? false }] : [];
  });
  const times = packets.filter(({ isKey }) => isKey).map(({ time }) => time);
  const end = Math.max(...packets.map(({ time }) => time));
  return [...times, end].sort((a, b) => a - b).map((time) => time - Math.min(...times));
}

const longestGap = (times: readonly number[]) => Math.max(...times.slice(1).map((time, index) => time - times[index]!));

const OUTPUTS: [string, Omit<TranscodeRequest, 'inputs'>][] = [
  ['H.264', { outputFormat: 'mp4' }],
  ['HEVC', { outputFormat: 'mp4', options: [{ option: '-c:v', argument: 'libx265' }] }],
  ['AV1', { outputFormat: 'mp4', options: [{ option: '-c:v', argument: 'libsvtav1' }] }],
  ['VP9', { outputFormat: 'webm' }],
  ['VP8', { outputFormat: 'webm', options: [{ option: '-c:v', argument: 'libvpx' }] }],
  ['MPEG-4', { outputFormat: 'avi' }],
  [
    'H.264 after a trim',
    {
      outputFormat: 'mkv',
      options: [
        { option: '-ss', argument: '1.5' },
        { option: '-crf', argument: '30' },
      ],
    },
  ],
];

describe('key frames of a slow video', () => {
  it.each(OUTPUTS)('are at most five seconds apart in %s', async (_, request) => {
    const { path } = await shop.transcode([slow], { preset: { quality: 'low' }, ...request });
    expect(longestGap(await keyTimes(path))).toBeLessThanOrEqual(5.001);
  });

  it('are few in a video that starts late', async () => {
    const { path } = await shop.transcode([late], { outputFormat: 'mkv', preset: { quality: 'low' } });
    const times = await keyTimes(path);
    expect(longestGap(times)).toBeLessThanOrEqual(5.001);
    expect(times.length).toBeLessThanOrEqual(6);
  });

  it('are at most five seconds apart in a join', async () => {
    const { path } = await shop.transcode([slow, slow], { outputFormat: 'mp4' });
    expect(longestGap(await keyTimes(path))).toBeLessThanOrEqual(5.001);
  });
});

describe('the bit rate of a source', () => {
  it('does not cancel the effect of a higher quality if the codec of the source is more efficient', async () => {
    const args = ['-c:v', 'libsvtav1', '-preset', '8', '-crf', '35', '-svtav1-params', 'lp=1'];
    const source = await shop.make('av1.mp4', [
      '-f',
      'lavfi',
      '-i',
      'mandelbrot=s=320x180:end_scale=0.05',
      '-t',
      '6',
      ...args,
    ]);
    const sizes = await Promise.all(
      (['high', 'medium'] as const).map(async (quality) => {
        const { info } = await shop.transcode([source], { outputFormat: 'mp4', preset: { quality } });
        return info.sizeBytes;
      }),
    );
    expect(sizes[0]!).toBeGreaterThan(1.3 * sizes[1]!);
  });
});
