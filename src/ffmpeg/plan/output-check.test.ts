import { describe, expect, it } from 'vitest';
import type { JobFailure } from '../../contract/failures.ts';
import { parseProbe } from '../probe/probe.ts';
import type { ExpectedOutput } from '../types.ts';
import { checkOutput } from './output-check.ts';

const VIDEO = { index: 0, codec_type: 'video', codec_name: 'h264', width: 320, height: 180, pix_fmt: 'yuv420p' };
const AUDIO = { index: 1, codec_type: 'audio', codec_name: 'aac', channels: 2, sample_rate: '48000' };
const info = (streams: unknown[], sizeBytes = 1000, duration = '1.0') =>
  parseProbe(JSON.stringify({ streams, format: { duration } }), { sizeBytes, demuxer: 'mov' });
const expected: ExpectedOutput = {
  kind: 'video',
  hasVideo: true,
  hasAudio: true,
  width: 320,
  height: 180,
  maxBytes: 1_000_000,
};
const codeOf = (probe: ReturnType<typeof info>, more: Partial<ExpectedOutput> = {}): string | null => {
  try {
    checkOutput({ ...expected, ...more }, probe);
    return null;
  } catch (error) {
    return (error as JobFailure).code;
  }
};

describe('checkOutput', () => {
  it('accepts an output that matches the plan', () => expect(codeOf(info([VIDEO, AUDIO]))).toBeNull());
  it('accepts any streams if the plan does not require them', () =>
    expect(codeOf(info([VIDEO]), { hasAudio: null, hasVideo: null })).toBeNull());
  it.each([
    ['missing audio', info([VIDEO]), 'output_invalid'],
    ['missing video', info([AUDIO]), 'output_invalid'],
    ['another size', info([{ ...VIDEO, width: 322 }, AUDIO]), 'output_invalid'],
    ['an empty file', info([VIDEO, AUDIO], 0), 'output_invalid'],
    ['a duration of zero', info([VIDEO, AUDIO], 1000, '0'), 'output_invalid'],
    ['a file that is cut off at its limit', info([VIDEO, AUDIO], 990_000), 'limit_output'],
  ])('rejects %s', (_, probe, code) => expect(codeOf(probe)).toBe(code));
  it('rejects audio that was not requested', () =>
    expect(codeOf(info([VIDEO, AUDIO]), { hasAudio: false })).toBe('output_invalid'));
});
