import { describe, expect, it } from 'vitest';
import { equalBitRate, type VideoSettings, videoSettings } from './encoder-settings.ts';

const settings = { encoder: 'libx264', durationSeconds: null, stated: new Set<string>() };

function maximumOf(sourceBitRate: number | null, shortSide: number, more: Partial<VideoSettings> = {}): number | null {
  const args = videoSettings({ ...settings, quality: 'medium', shortSide, sourceBitRate, ...more });
  const at = args.indexOf('-maxrate:v');
  return at < 0 ? null : Number(args[at + 1]);
}

describe('the maximum bit rate of an output', () => {
  it.each([
    ['av1', 'libx264', 2_000_000, 3_000_000],
    ['vp9', 'libx264', 1_666_667, 2_500_000],
    ['hevc', 'libx264', 1_666_667, 2_500_000],
    ['av1', 'libx265', 2_000_000, 3_000_000],
    ['hevc', 'libvpx-vp9', 1_666_667, 2_500_000],
    ['h264', 'libx264', 1_000_000, 1_000_000],
    ['h264', 'libx265', 1_000_000, 1_000_000],
    ['hevc', 'libx265', 1_000_000, 1_000_000],
    ['vp9', 'libvpx-vp9', 1_000_000, 1_000_000],
    ['mpeg2video', 'libx264', 1_000_000, 1_000_000],
  ])('is scaled from %s to %s if the encoder needs more bits', (codec, encoder, medium, high) => {
    expect(equalBitRate(1_000_000, codec, encoder, 'medium')).toBe(medium);
    expect(equalBitRate(1_000_000, codec, encoder, 'high')).toBe(high);
  });

  it('allows the bursts of a recording whose average is low', () => {
    expect(maximumOf(100_000, 1080)).toBe(2_073_600);
    expect(maximumOf(100_000, 360)).toBe(230_400);
    expect(maximumOf(100_000, 360, { quality: 'high' })).toBe(345_600);
    expect(maximumOf(1000, 90)).toBe(64_000);
  });

  it('is the rate of the source if that rate is higher, and absent if that rate is unknown', () => {
    expect(maximumOf(5_000_000, 1080)).toBe(5_000_000);
    expect(maximumOf(null, 1080)).toBeNull();
  });

  it('is never above the maximum of a request with a target', () => {
    expect(maximumOf(5_000_000, 1080, { quality: 'high', target: { maxBitRate: 200_000 } })).toBe(200_000);
  });
});
