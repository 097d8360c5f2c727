import { describe, expect, it } from 'vitest';
import { OptionSet } from '../policy/options/option-set.ts';
import { isRejection, type ParsedOption, parseOption } from '../policy/options/options.ts';
import { keyFrameArgs } from './key-frames.ts';

function argsOf(encoder: string, more: { options?: [string, string][]; seconds?: number | null; rate?: number } = {}) {
  const { options = [], seconds = 60, rate = null } = more;
  const parsed = options.map(([option, argument]) => parseOption({ option, argument }, 'output', 'options[0]'));
  const rejected = parsed.find(isRejection);
  if (rejected) throw new Error(rejected.reason);
  const set = new OptionSet(parsed as ParsedOption[]);
  return keyFrameArgs({ encoder, options: set, durationSeconds: seconds, constantRate: rate });
}
const FORCED = ['-force_key_frames:v', 'expr:isnan(prev_forced_t)+gte(t-prev_forced_t,4.9)'];

describe('key frames of an encoded video', () => {
  const encoders = ['libx264', 'libsvtav1', 'libvpx', 'libvpx-vp9', 'mpeg4'];
  it.each(encoders)('are set by time for %s if the frames have no constant rate', (encoder) => {
    expect(argsOf(encoder)).toEqual(FORCED);
    expect(argsOf(encoder, { seconds: null })).toEqual(FORCED);
  });

  it.each([
    ['libx264', 49.9, 249],
    ['libx265', 30, 150],
    ['libx264', 30_000 / 1001, 149],
    ['libvpx', 25, 125],
    ['libvpx-vp9', 1, 5],
    ['libvpx-vp9', 0.1, 1],
    ['libsvtav1', 60, 300],
    ['mpeg4', 1, 5],
  ])('are set by the number of frames for %s at a constant rate of %s', (encoder, rate, frames) => {
    expect(argsOf(encoder, { rate })).toEqual(['-g:v', String(frames)]);
  });

  it.each([
    ['libx264', 50],
    ['libx265', 60],
    ['libvpx', 25.6],
    ['libvpx-vp9', 30],
    ['mpeg4', 2.4],
  ])('are left to %s at a constant rate of %s, at which its default is at most five seconds', (encoder, rate) => {
    expect(argsOf(encoder, { rate })).toEqual([]);
  });

  it('are closed for x265, because its other forced frames are not key frames', () => {
    expect(argsOf('libx265')).toEqual([...FORCED, '-forced-idr:v', '1']);
    expect(argsOf('libx265', { options: [['-forced-idr', '0']] })).toEqual(FORCED);
  });

  it.each(['prores_ks', 'mjpeg', 'png', 'gif', 'libwebp_anim', 'ffv1', 'dnxhd'])('are not set for %s', (encoder) => {
    expect(argsOf(encoder)).toEqual([]);
  });

  it('are not set in a video of up to five seconds', () => {
    expect(argsOf('libx264', { seconds: 5 })).toEqual([]);
  });

  it.each([
    ['-g', '50'],
    ['-keyint_min', '20'],
    ['-force_key_frames', '1,2'],
    ['-x264-params', 'ref=2:keyint=60'],
    ['-x264-params', 'min-keyint=30'],
  ])('are not set if the caller sets %s %s', (option, argument) => {
    expect(argsOf('libx264', { options: [[option, argument]] })).toEqual([]);
  });

  it('are set if the parameters of the caller do not concern key frames', () => {
    expect(argsOf('libx264', { options: [['-x264-params', 'ref=2']] })).toEqual(FORCED);
  });
});
