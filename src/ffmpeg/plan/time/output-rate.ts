import type { OptionSet } from '../../policy/options/option-set.ts';
import type { VideoStream } from '../../types.ts';
import { nearestRate } from './usual-rates.ts';

/** Maximum frames per second of an output whose options or filters may set a rate. */
const MAX_STATED_RATE = 120;
/** Maximum frames per second of any other output. */
const MAX_RATE = 60;
const FALLBACK_RATE = 25;
/** A rate that differs from a usual rate by at most this share is rounded to the usual rate. */
const ROUNDED = 0.002;
/** Formats in which each frame has its own time. */
const OWN_TIMES: ReadonlySet<string> = new Set(['mp4', 'mov', 'webm', 'mkv', 'webp']);
/** Encoders that reject the time base of cameras, which is 1/90000. */
const COARSE_ENCODERS: ReadonlySet<string> = new Set(['mpeg4']);
/** Share by which a rate may exceed a maximum, because averages are inexact. */
const MARGIN = 1.01;
/** Options of a caller that determine the times of frames. */
const TIME_OPTIONS = ['r', 'fpsmax', 'fps_mode', 'enc_time_base'];

type Rates = Pick<VideoStream, 'frameRate' | 'nominalRate' | 'hasConstantRate'>;

/**
 * Returns the frames per second of a stream while its picture changes; null = unknown. The average would drop frames of a recording with
 * pauses.
 */
export function motionRate({ nominalRate, frameRate }: Rates): number | null {
  return nominalRate ?? frameRate;
}

/** Returns the constant rate for a source of this rate, within a range. */
export function steadyRate(rate: number, { least = 0, most }: { least?: number; most: number }): number {
  const bounded = Math.min(most, Math.max(least, rate));
  return nearestRate(bounded, ROUNDED) ?? bounded;
}

/**
 * Returns the name of the caller's option of the time base if the rate is constant. FFmpeg would write a frame for each unit of this time
 * base.
 */
export function unfitTimeBase(options: OptionSet, { args }: OutputTiming): string[] {
  const isConstant =
    options.has('r', 'v') ||
    options.has('fpsmax', 'v') ||
    options.value('fps_mode', 'v') === 'cfr' ||
    args.includes('-fpsmax:v');
  return isConstant ? ['enc_time_base'] : [];
}

/** When the frames of an encoded video are presented. */
export interface OutputTiming {
  /** The constant rate that the filters enforce; null = they enforce none. */
  filter: number | null;
  /** Whether the first frame is repeated from time zero. */
  fromZero?: boolean;
  /** Frames per second. It is an estimate unless `isConstant`. */
  value: number;
  /** Whether all frames have equal intervals. */
  isConstant: boolean;
  args: string[];
}

export interface TimedOutput {
  encoder: string;
  format: string;
  options: OptionSet;
  /** Frames per second after the caller's filters; null = unknown. */
  rate: number | null;
  /** The streams from which the video is made. */
  sources: readonly Rates[];
  /** Whether the caller's options or filters may have set the rate. */
  isStated: boolean;
  /** Whether no option of an input and no filter can change the times of frames. */
  keepsTimes: boolean;
  /** The rate of a ladder, from time zero; null = the output is no rendition. */
  constantRate: number | null;
}

/**
 * Returns the timing of an output that is neither a still nor a GIF: a stated rate, a constant rate for ladders and for containers that
 * store no times, and otherwise the times of the source.
 *
 * FFmpeg rounds times to its guess of the frame rate. For a source with a constant rate, this loses nothing. For any other source, the
 * encoder gets the time base of the filters.
 */
export function outputTiming(output: TimedOutput): OutputTiming {
  const { encoder, format, options, constantRate, sources } = output;
  const constant = { filter: constantRate, isConstant: true, args: [] };
  if (constantRate !== null) return { ...constant, fromZero: true, value: constantRate };
  const stated = options.rate('r', 'v');
  if (stated !== null) return { ...constant, value: stated };
  const most = output.isStated ? MAX_STATED_RATE : MAX_RATE;
  const value = Math.min(output.rate ?? FALLBACK_RATE, most);
  // AVI stores no timestamps, and the time base of MPEG-4 is no finer than 1/65535.
  if (format === 'avi') return { ...constant, filter: value, value };
  const isUneven = sources.some(({ hasConstantRate }) => hasConstantRate === false);
  const mayChange = !output.keepsTimes || TIME_OPTIONS.some((name) => options.has(name, 'v'));
  const isConstant = !mayChange && sources.every(({ hasConstantRate }) => hasConstantRate === true);
  const isTooFast =
    (output.rate ?? 0) > most * MARGIN || (isUneven && sources.some((source) => motionRate(source) === null));
  if (isTooFast) {
    // FFmpeg rejects the maximum together with a mode of the caller.
    const isSet = options.has('fpsmax', 'v') || options.has('fps_mode', 'v');
    return { filter: null, value, isConstant, args: isSet ? [] : ['-fpsmax:v', String(most)] };
  }
  const isKept =
    isUneven &&
    OWN_TIMES.has(format) &&
    !COARSE_ENCODERS.has(encoder) &&
    !TIME_OPTIONS.some((name) => options.has(name, 'v'));
  return { filter: null, value, isConstant, args: isKept ? ['-enc_time_base:v', 'filter'] : [] };
}
