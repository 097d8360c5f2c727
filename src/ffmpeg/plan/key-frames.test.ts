import { describe, expect, it } from 'vitest';
import { OptionSet } from '../policy/options/option-set.ts';
import { isRejection, type ParsedOption, parseOption } from '../policy/options/options.ts';
import { keyFrameArgs } from './key-frames.ts';

function argsOf(encoder: string, more: { options?: [string, string][]; seconds?: number | null; rate?: number } = {}) {
  const { options = [], seconds = 60, rate = 25 } = more;
  const parsed = options.map(([option, argument]) => parseOption({ option, argument }, 'output', 'options[0]'));
  const rejected = parsed.find(isRejection);
  if (rejected) throw new Error(rejected.reason);
  const set = new OptionSet(parsed as ParsedOption[]);
  return keyFrameArgs({ encoder, options: set, durationSeconds: seconds, frameRate: rate });
}
const FORCED = ['-force_key_frames:v', 'expr:isnan(prev_forced_t)+gte(t-prev_forced_t,4.9)'];

describe('key frames of an encoded video', () => {
  it.each(['libx264', 'libsvtav1', 'libvpx', 'libvpx-vp9'])('are set by time for %s', (encoder) => {
    expect(argsOf(encoder)).toEqual(FORCED);
    expect(argsOf(encoder, { seconds: null })).toEqual(FORCED);
  });

  it('are closed for x265, because its other forced frames are not key frames', () => {
    expect(argsOf('libx265')).toEqual([...FORCED, '-forced-idr:v', '1']);
    expect(argsOf('libx265', { options: [['-forced-idr', '0']] })).toEqual(FORCED);
  });

  it.each(['prores_ks', 'mjpeg', 'png', 'gif', 'libwebp_anim', 'ffv1', 'dnxhd'])('are not set for %s', (encoder) => {
    expect(argsOf(encoder)).toEqual([]);
  });

  it('are set for MPEG-4 only at low frame rates', () => {
    expect(argsOf('mpeg4')).toEqual([]);
    expect(argsOf('mpeg4', { rate: 1 })).toEqual(FORCED);
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
