import type { OptionSet } from '../policy/options/option-set.ts';

/** Maximum seconds between two key frames of an encoded video. Players seek to key frames, and stream cutters cut at them. */
const MAX_KEY_SECONDS = 5;
/**
 * Forces a key frame as soon as the last forced key frame is 4.9 s old. The next frame could be too late at 5 s. The expression counts from
 * the last key frame instead of from zero, so it also works in a piece of a video and in a video that starts late.
 */
const EVERY_FIVE_SECONDS = `expr:isnan(prev_forced_t)+gte(t-prev_forced_t,${MAX_KEY_SECONDS - 0.1})`;

/**
 * Maximum frames between key frames of each encoder, unless FFmpeg sets another maximum. The maximum of SVT-AV1 is longer than five seconds
 * at all frame rates. Encoders that are not listed make only key frames, or no video.
 */
const DEFAULT_GOP: Readonly<Record<string, number>> = {
  libx264: 250,
  libx265: 250,
  libvpx: 128,
  'libvpx-vp9': 128,
  libsvtav1: Number.POSITIVE_INFINITY,
  mpeg4: 12,
};
/** Options by which a caller decides where the key frames are. */
const OWN_KEY_FRAMES = ['g', 'keyint_min', 'force_key_frames', 'intra-refresh'] as const;
const ENCODER_PARAMETERS = ['x264-params', 'x265-params', 'svtav1-params'] as const;
const KEY_PARAMETER = /(^|:)(min-)?(keyint|intra-refresh)(=|:|$)/;

export interface KeyFrameJob {
  encoder: string;
  options: OptionSet;
  /** Seconds of the output. Null = unknown. */
  durationSeconds: number | null;
  /** Frames per second if all frames of the output have equal intervals; otherwise null. */
  constantRate: number | null;
}

/** Returns the arguments by which key frames are at most five seconds apart, unless the caller decides where they are. */
export function keyFrameArgs({ encoder, options, durationSeconds, constantRate }: KeyFrameJob): string[] {
  const defaultGop = DEFAULT_GOP[encoder];
  if (defaultGop === undefined || (durationSeconds !== null && durationSeconds <= MAX_KEY_SECONDS)) return [];
  if (OWN_KEY_FRAMES.some((name) => options.has(name, 'v'))) return [];
  if (ENCODER_PARAMETERS.some((name) => KEY_PARAMETER.test(options.value(name, 'v') ?? ''))) return [];
  if (constantRate !== null) {
    const gop = Math.max(1, Math.floor(MAX_KEY_SECONDS * constantRate));
    return defaultGop <= gop ? [] : ['-g:v', String(gop)];
  }
  // Without IDR, a forced frame of x265 is a picture at which no player can start.
  const closed = encoder === 'libx265' && !options.has('forced-idr', 'v') ? ['-forced-idr:v', '1'] : [];
  return ['-force_key_frames:v', EVERY_FIVE_SECONDS, ...closed];
}

/** Whether this value of `-force_key_frames` has the same meaning for a part of a video as for the entire video. */
export function countsFromLastKeyFrame(value: string): boolean {
  return value === EVERY_FIVE_SECONDS;
}
