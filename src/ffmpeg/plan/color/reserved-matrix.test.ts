import { describe, expect, it } from 'vitest';
import type { VideoStream } from '../../types.ts';
import { assumedInfo } from '../assumed-media.ts';
import { planTranscode } from '../plan.ts';

/** Returns the arguments before the input for a video whose matrix is `colorSpace`. */
function inputOf(codec: string, colorSpace: string | null): string[] {
  const info = assumedInfo('mov');
  const video: VideoStream[] = info.video.map((stream) => ({ ...stream, codec, colorSpace }));
  const input = { path: '/in/0', demuxer: 'mov', info: { ...info, video } };
  const request = { inputs: [{ url: 'a' }], outputFormat: 'jpg' as const };
  const { args } = planTranscode(request, [input], { resourceClass: 'light', cores: 2 });
  return args.slice(0, args.indexOf('-i'));
}

describe('an undefined matrix', () => {
  it.each([
    ['h264', '-bsf:0', 'h264_metadata=matrix_coefficients=2'],
    ['hevc', '-bsf:0', 'hevc_metadata=matrix_coefficients=2'],
    ['av1', '-bsf:0', 'av1_metadata=matrix_coefficients=2'],
    ['vp9', '-bsf:0', 'vp9_metadata=color_space=unknown'],
    ['mpeg2video', '-bsf:0', 'mpeg2_metadata=matrix_coefficients=2'],
    ['mpeg4', '-colorspace:0', 'unknown'],
  ])('is removed from %s before the filters', (codec, option, value) => {
    const args = inputOf(codec, 'reserved');
    expect(args[args.indexOf(option) + 1]).toBe(value);
    for (const matrix of [null, 'bt709', 'ycgco', 'ictcp']) expect(inputOf(codec, matrix)).not.toContain(option);
  });
});
