import { formatKind, OUTPUT_CONTENT_TYPES, type OutputFormat } from '../../contract/formats.ts';
import { FORMAT_DEFAULTS } from '../policy/encoders/encoders.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import { timeText } from '../policy/options/option-values.ts';
import { optionArgs, type ParsedOption } from '../policy/options/options.ts';
import { inputSecurityArgs, STILL_DEMUXERS } from '../probe/probe.ts';
import type { AudioStream, ExpectedOutput, PlanInput, PlannedFile, StreamPlans, VideoStream } from '../types.ts';
import { KEEP_FILTERS } from './changing-size.ts';
import { withoutReservedMatrix } from './color/reserved-matrix.ts';
import type { Size } from './geometry.ts';
import { isTurned } from './input-display.ts';
import { ownName } from './own-name.ts';
import { MAX_OUTPUT_BYTES, MAX_OUTPUT_SECONDS } from './resources.ts';
import { lateStartArgs } from './time/late-start.ts';

/** Maximum bytes of a single allocation of FFmpeg. An 8K frame needs 53 MB. */
const MAX_ALLOC = 2 ** 30;

/**
 * Returns the options before the inputs. Warnings are on because FFmpeg reports some failures as warnings ("Output file is empty"). FFmpeg
 * writes progress to standard output and reads nothing from standard input. The output already exists as an empty file: see
 * `CellSpec.outputs`.
 */
export function globalArgs(threads: number | null): string[] {
  const args = [
    '-nostdin',
    '-y',
    '-hide_banner',
    '-v',
    'warning',
    '-nostats',
    '-progress',
    'pipe:1',
    '-stats_period',
    '0.5',
  ];
  args.push('-max_alloc', String(MAX_ALLOC));
  if (threads !== null) args.push('-filter_threads', String(threads), '-filter_complex_threads', String(threads));
  return args;
}

export interface InputPlan {
  input: PlanInput;
  options: OptionSet;
  /** The planner's own options before the input. */
  before?: readonly string[];
  /** Seconds to which FFmpeg seeks in the input: a start that the planner has moved from the output to the input, or has chosen itself. */
  seek: number | null;
  /** Whether a still picture is repeated endlessly. */
  loopStill: boolean;
  /** The video stream in use, which determines the decoder. */
  video: VideoStream | null;
  /** The streams in use if none of them is video; absent = some are video. */
  sounds?: readonly AudioStream[];
  /** Seconds after which an endless input ends. Set if the end of the output would not reach the input's filters. */
  limit?: number | null;
}

/** Returns the arguments of an input. The server's security options come last before `-i`, so that no other option can override them. */
export function inputArgs(plan: InputPlan, threads: number | null): string[] {
  const { input, options } = plan;
  const still = STILL_DEMUXERS.includes(input.demuxer);
  const args: string[] = [...(plan.before ?? [])];
  for (const option of options.options) {
    if (option.row.ignored || INPUT_HANDLED.has(option.name)) continue;
    if (option.name === 'framerate' && !still) continue;
    if (option.row.demuxers && !option.row.demuxers.includes(input.demuxer)) continue;
    args.push(...optionArgs(option));
  }
  const start = options.number('ss') ?? plan.seek;
  if (start !== null && start > 0 && !still) args.push('-ss', timeText(start));
  args.push(...lateStartArgs(plan.sounds ?? [], options, start));
  const length = options.length() ?? plan.limit ?? null;
  if (length !== null) args.push('-t', timeText(length));
  // The demuxers of single pictures can repeat a picture. A GIF with one frame is played repeatedly instead.
  if (plan.loopStill) args.push(...(still ? ['-loop', '1'] : ['-stream_loop', '-1']));
  if (keepsFilters(plan.video) && !isTurned(options)) args.push(...KEEP_FILTERS);
  args.push(...withoutReservedMatrix(input.info.video), ...alphaDecoder(input, plan.video));
  if (threads !== null) args.push('-threads', String(threads));
  return [...args, ...inputSecurityArgs(input.demuxer, input.path), '-i', input.path];
}

/** A rotation is a filter, so FFmpeg must be able to rebuild the filters of a stream that rotates its pictures. */
function keepsFilters(video: VideoStream | null): boolean {
  return video?.mayChangeSize === true && video.rotation === 0 && !video.mayTurn;
}

const INPUT_HANDLED: ReadonlySet<string> = new Set(['ss', 't', 'to', 'loop']);

/** FFmpeg's own VP8/VP9 decoders drop the alpha plane of WebM; libvpx keeps it. */
function alphaDecoder(input: PlanInput, video: VideoStream | null): string[] {
  if (input.demuxer !== 'matroska' || !video?.hasAlpha) return [];
  if (video.codec === 'vp9') return [`-c:v:${videoPosition(input, video)}`, 'libvpx-vp9'];
  if (video.codec === 'vp8') return [`-c:v:${videoPosition(input, video)}`, 'libvpx'];
  return [];
}

function videoPosition(input: PlanInput, video: VideoStream): number {
  return Math.max(
    0,
    input.info.video.findIndex((stream) => stream.index === video.index),
  );
}

export interface OutputTail {
  format: OutputFormat;
  position: number;
  /** Null = a still picture, which has no length to bound. */
  seconds: number | null;
  threads: number | null;
  /** Whether the output gets the chapters of the only input. Absent = no. */
  keepsChapters?: boolean;
  /** Whether the output gets subtitles of the only input. Absent = no. */
  keepsSubtitles?: boolean;
}

/**
 * Returns the last arguments of every output. They drop the tags and data streams of the input (where a location can hide), and
 * set the limits and the name of the output. Chapters are kept only if the sanitizer has written them, so they have only a title.
 */
export function outputTail(tail: OutputTail): string[] {
  // Without a specifier, `-map_metadata -1` would also drop the titles of chapters.
  const args = tail.keepsChapters
    ? ['-map_metadata:g', '-1', '-map_metadata:s', '-1', '-map_chapters', '0']
    : ['-map_metadata', '-1', '-map_chapters', '-1'];
  if (!tail.keepsSubtitles) args.push('-sn');
  args.push('-dn');
  if (tail.threads !== null) args.push('-threads', String(tail.threads));
  if (tail.seconds !== null) args.push('-t', timeText(Math.min(tail.seconds, MAX_OUTPUT_SECONDS)));
  args.push('-fs', String(MAX_OUTPUT_BYTES), '-f', FORMAT_DEFAULTS[tail.format].muxer, outputPath(tail));
  return args;
}

/** Describes the expected output. A property is null if the caller's own mapping or options determine it. */
export function plannedOutput(
  { format, position }: Pick<OutputTail, 'format' | 'position'>,
  expected: {
    streams: StreamPlans;
    hasVideo: boolean | null;
    hasAudio: boolean | null;
    size: Size | null;
    codecs?: NonNullable<ExpectedOutput['codecs']>;
  },
): PlannedFile {
  const { streams, hasVideo, hasAudio, size, codecs } = expected;
  return {
    position,
    path: outputPath({ format, position }),
    format,
    contentType: OUTPUT_CONTENT_TYPES[format],
    streams,
    expect: {
      kind: formatKind(format),
      hasVideo,
      hasAudio,
      ...(size && { width: size.width, height: size.height }),
      ...(codecs && { codecs }),
      maxBytes: MAX_OUTPUT_BYTES,
    },
  };
}

function outputPath({ format, position }: Pick<OutputTail, 'format' | 'position'>): string {
  return `/out/${ownName('output', position)}.${FORMAT_DEFAULTS[format].extension}`;
}

/** Returns the arguments of the caller's options that the planner does not handle itself. */
export function passThrough(options: readonly ParsedOption[], handled: ReadonlySet<string>): string[] {
  return options.filter((option) => !option.row.ignored && !handled.has(option.name)).flatMap(optionArgs);
}
