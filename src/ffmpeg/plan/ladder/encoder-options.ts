import type { LadderCodec } from '../../../contract/formats.ts';
import { isRejection, type ParsedOption, parseOption } from '../../policy/options/options.ts';
import { forcedKeyFrames, type KeyFrames } from './key-frames.ts';
import type { Rung } from './rungs.ts';

export const LADDER_ENCODERS: Readonly<Record<LadderCodec, string>> = {
  h264: 'libx264',
  hevc: 'libx265',
  av1: 'libsvtav1',
  vp9: 'libvpx-vp9',
};

/** Seconds of a buffer over which the highest bit rate applies. */
const BUFFER_SECONDS = 2;
/** Frames between key frames that no expression forces; more than any interval that it does. */
const LONGEST_GOP = 1000;
/** CRF of VP9, whose bit rate is a ceiling only next to it. The same as of the preset `medium`. */
const VP9_CRF = 32;

type Setting = readonly [option: string, argument?: string | number];

/**
 * Options of the encoder of a rung. Key frames are forced at the start of every segment and at equal distances in it, and
 * nowhere else, so that the segments of all rungs begin at the same times. Every group of pictures is closed.
 */
export function encoderOptions(rung: Rung, keyFrames: KeyFrames): ParsedOption[] {
  const settings: Setting[] = [
    ['-an'],
    ['-c:v', LADDER_ENCODERS[rung.codec]],
    ['-pix_fmt:v', 'yuv420p'],
    ['-g:v', LONGEST_GOP],
    ['-force_key_frames:v', forcedKeyFrames(keyFrames)],
    ...CODEC_SETTINGS[rung.codec],
    ...rateSettings(rung),
  ];
  return settings.map(([option, argument]) => readOption(option, argument));
}

const CODEC_SETTINGS: Readonly<Record<LadderCodec, readonly Setting[]>> = {
  h264: [
    ['-profile:v', 'high'],
    ['-sc_threshold:v', 0],
    ['-flags:v', '+cgop'],
    ['-forced-idr:v', 1],
  ],
  hevc: [
    ['-forced-idr:v', 1],
    ['-x265-params:v', 'open-gop=0:scenecut=0'],
  ],
  av1: [],
  vp9: [],
};

function rateSettings({ codec, bitRate, maxBitRate }: Rung): Setting[] {
  const cap: Setting[] = [
    ['-maxrate:v', maxBitRate],
    ['-bufsize:v', maxBitRate * BUFFER_SECONDS],
  ];
  // Next to an average, SVT-AV1 has no highest bit rate, and libvpx needs none next to a CRF.
  if (bitRate !== null) return [['-b:v', bitRate], ...(codec === 'av1' ? [] : cap)];
  if (codec === 'vp9')
    return [
      ['-crf:v', VP9_CRF],
      ['-b:v', maxBitRate],
    ];
  return cap;
}

/** An option as if a caller had sent it. */
function readOption(option: string, argument?: string | number): ParsedOption {
  const read = parseOption({ option, ...(argument !== undefined && { argument }) }, 'output', 'ladder');
  if (isRejection(read)) throw new Error(`${read.option}: ${read.reason}`);
  return read;
}
