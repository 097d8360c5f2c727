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

/** Seconds of the buffer over which the maximum bit rate applies. */
const BUFFER_SECONDS = 2;
/** Maximum frames between key frames. It is larger than any interval of forced key frames, so the encoder adds no other key frames. */
const LONGEST_GOP = 1000;
/** CRF of VP9, the same as for the preset `medium`. With a CRF, the bit rate of VP9 is a maximum. */
const VP9_CRF = 32;

type Setting = readonly [option: string, argument?: string | number];

/**
 * Returns the encoder options of a rung. Key frames are forced at the start of every segment and at equal intervals in it, and
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
  // SVT-AV1 does not support a maximum bit rate together with an average bit rate. With a CRF, libvpx uses `-b:v` as the maximum, so it
  // needs no `-maxrate`.
  if (bitRate !== null) return [['-b:v', bitRate], ...(codec === 'av1' ? [] : cap)];
  if (codec === 'vp9')
    return [
      ['-crf:v', VP9_CRF],
      ['-b:v', maxBitRate],
    ];
  return cap;
}

/** Parses an option in the same way as an option of a request. */
function readOption(option: string, argument?: string | number): ParsedOption {
  const read = parseOption({ option, ...(argument !== undefined && { argument }) }, 'output', 'ladder');
  if (isRejection(read)) throw new Error(`${read.option}: ${read.reason}`);
  return read;
}
