import { JobFailure } from '../../contract/failures.ts';
import { formatKind, type OutputFormat, type Quality } from '../../contract/formats.ts';
import type { TranscodeRequest } from '../../contract/transcode-request.ts';
import { audioSettings, pixelFormatFor, videoSettings } from '../policy/encoders/encoder-settings.ts';
import { FORMAT_DEFAULTS } from '../policy/encoders/encoders.ts';
import { OptionSet } from '../policy/options/option-set.ts';
import { timeText } from '../policy/options/option-values.ts';
import type { ParsedRequest } from '../policy/options/parsed-request.ts';
import type { AudioStream, PlanInput, VideoStream } from '../types.ts';
import { joinedColor, type OutputColor, outputColor } from './color/convert.ts';
import { ExtraInputs } from './extra-inputs.ts';
import {
  displaySize,
  fitShortSide,
  fitWidth,
  playableResolution,
  SHORT_SIDES,
  type Size,
  shortSide,
} from './geometry.ts';
import { keyFrameArgs } from './key-frames.ts';
import { ownName } from './own-name.ts';
import { type InputPlan, outputTail, passThrough, plannedOutput } from './plan-args.ts';
import { planSource } from './plan-plain.ts';
import type { OutputContext, Producer } from './producer.ts';
import { MAX_OUTPUT_SECONDS, threadsFor } from './resources.ts';
import { segmentFilters } from './sound/sound-filters.ts';
import { planText } from './source-text.ts';
import { equalVideoBitRate, mainAudio, mainVideo } from './streams.ts';
import { motionRate, steadyRate } from './time/output-rate.ts';
import { inputDuration } from './timing.ts';
import { paletteChain, videoChain } from './video-filters.ts';

/** Maximum frames per second of a join. Below the maximum, a join has the rate of the fastest input. */
const MAX_JOIN_RATE = 60;
const GIF_JOIN_RATE = 15;
const GIF_WIDTH = 640;
/** Maximum bytes of frames that FFmpeg keeps until it has computed the palette. */
const PALETTE_BYTES = 256 * 2 ** 20;
const SAMPLE_RATE = 48_000;
/**
 * Minimum seconds of silence. `concat` itself extends short audio with silence, so an input with an unknown duration needs only this start.
 */
const LEAST_SILENCE = 0.1;

interface JoinSource {
  input: PlanInput;
  options: OptionSet;
  /** Seconds that remain after the input's trim options; null = unknown. */
  duration: number | null;
  video: VideoStream | null;
  audio: AudioStream | null;
}

/** Properties of all video segments of a join. */
interface JoinPicture {
  encoder: string;
  frame: Size;
  /** Frames per second. */
  rate: number;
  pixelFormat: string;
  color: OutputColor;
}

interface Join {
  format: OutputFormat;
  /** Position of the output in the job. */
  position: number;
  /** Options of the output: the bit rate of the request, or the encoder options of a rung. */
  options: OptionSet;
  quality: Quality;
  sources: readonly JoinSource[];
  /** Null = the output has no video. */
  picture: JoinPicture | null;
  hasAudio: boolean;
  /** Null = the duration of an input is unknown. */
  seconds: number | null;
}

/**
 * Joins inputs of any size, rate and codec one after the other (docs/api/jobs.md). The first input (or the preset) sets the frame size,
 * into which other videos are scaled with bars. Missing audio becomes silence.
 */
export function planJoin(
  request: TranscodeRequest,
  inputs: readonly PlanInput[],
  parsed: ParsedRequest,
  ctx: OutputContext,
): Producer {
  const join = readJoin(request, inputs, parsed, ctx);
  const { format, position, picture, hasAudio, seconds } = join;
  const palette = picture && format === 'gif' ? joinPalette(join, picture) : null;
  const video = picture ? encodePictures(join, picture) : null;
  const work = {
    decoded: picture ? join.sources.map((source) => source.video!) : [],
    encoded: video && {
      encoder: picture!.encoder,
      preset: video.preset,
      ...picture!.frame,
      bitDepth: 8,
      frameRate: picture!.rate,
    },
    filterBytes: palette ? PALETTE_BYTES : 0,
    durationSeconds: seconds,
    still: false,
  };
  const threads = threadsFor(ctx.resourceClass, ctx.cores, picture !== null);
  return {
    inputs: join.sources.map((source) => inputOf(source, picture !== null)),
    extra: new ExtraInputs(inputs.length),
    threads,
    args: [
      ...['-filter_complex', joinGraph(join, palette)],
      ...(video ? ['-map', mapOf(join, palette ? 'p' : 'v'), ...video.args] : []),
      ...(hasAudio ? encodeSound(join) : []),
      ...(['mp4', 'mov', 'm4a'].includes(format) ? ['-movflags', '+faststart'] : []),
      ...passThrough(parsed.output, HANDLED),
      ...outputTail({ format, position, seconds: MAX_OUTPUT_SECONDS, threads }),
    ],
    output: {
      ...plannedOutput(
        { format, position },
        {
          streams: {
            video: picture ? { mode: 'encoded', reason: JOINED } : null,
            audio: hasAudio ? { mode: 'encoded', reason: JOINED } : null,
          },
          ...{ hasVideo: picture !== null, hasAudio, size: picture?.frame ?? null },
        },
      ),
      ...(seconds !== null && { lasting: { seconds, frames: null } }),
    },
    durationSeconds: seconds,
    works: [work],
    source: planSource(request),
    layers: [],
    warnings: planText(inputs, join.options, { format, isPart: false, keepsTimes: false }).warnings,
  };
}

/** Options of a rung that the command contains already. */
const HANDLED: ReadonlySet<string> = new Set(['c', 'an']);

const JOINED = 'Several inputs are joined.';

/**
 * Reads the properties of a join. Throws `JobFailure` if an input lacks a stream that the output needs or has no duration, or if the inputs
 * together are too long.
 */
function readJoin(
  request: TranscodeRequest,
  inputs: readonly PlanInput[],
  parsed: ParsedRequest,
  { position, rung }: OutputContext,
): Join {
  const format = request.outputFormat;
  const kind = formatKind(format);
  const hasVideo = kind !== 'audio';
  const sources = inputs.map((input, index): JoinSource => {
    const options = new OptionSet(parsed.inputs[index] ?? []);
    const duration = inputDuration(input.info, options);
    return { input, options, duration, video: mainVideo(input.info), audio: mainAudio(input.info) };
  });
  for (const [index, source] of sources.entries()) checkSource(source, index + 1, hasVideo);
  const hasAudio = kind !== 'image' && sources.some((source) => source.audio !== null);
  if (!hasVideo && !hasAudio) throw new JobFailure('no_audio_stream', `No input has audio, and ${format} needs it.`);
  const options = new OptionSet(parsed.output);
  const isSilent = options.has('an');
  return {
    ...{ format, position, options },
    quality: request.preset?.quality ?? 'medium',
    sources,
    picture: hasVideo ? joinPicture(request, sources, options, rung) : null,
    hasAudio: hasAudio && !isSilent,
    seconds: joinedSeconds(sources),
  };
}

/** Throws `JobFailure` if an input cannot be joined. `number` is the number of the input, from 1. */
function checkSource({ input, options, video, duration }: JoinSource, number: number, hasVideo: boolean): void {
  if (hasVideo && !video) {
    throw new JobFailure('no_video_stream', `Input ${number} has no video, so it cannot be joined to one.`);
  }
  if (hasVideo && input.info.isImage && options.length() === null) {
    throw new JobFailure(
      'empty_media',
      `Input ${number} is a picture, which has no duration. Set the option -t of that input.`,
    );
  }
  if (duration !== null && duration <= 0) {
    throw new JobFailure('empty_media', `The trim options of input ${number} leave nothing of it.`);
  }
}

function joinedSeconds(sources: readonly JoinSource[]): number | null {
  let total = 0;
  for (const { duration } of sources) {
    if (duration === null) return null;
    total += duration;
  }
  if (total <= MAX_OUTPUT_SECONDS) return total;
  throw new JobFailure(
    'too_long',
    `The inputs last ${(total / 3600).toFixed(1)} hours together, and ${MAX_OUTPUT_SECONDS / 3600} are allowed.`,
  );
}

/** Determines the frame size, rate and pixel format of a join. Every source must have video. */
function joinPicture(
  { outputFormat, preset }: TranscodeRequest,
  sources: readonly JoinSource[],
  options: OptionSet,
  rung: OutputContext['rung'],
): JoinPicture {
  const isGif = outputFormat === 'gif';
  const encoder = options.value('c', 'v') ?? FORMAT_DEFAULTS[outputFormat].video!;
  const stated = rung?.shortSide ?? (preset?.resolution ? SHORT_SIDES[preset.resolution] : null);
  const first = displaySize(sources[0]!.video!);
  const short = sources[0]!.input.info.isImage && !isGif ? playableResolution(first, stated) : stated;
  const fitted = fitShortSide(first, short, true);
  const fastest = Math.max(...sources.map(({ video }) => motionRate(video!) ?? 25));
  // All segments of a join need one pixel format. It has no alpha channel, because otherwise all inputs would need one.
  const pixelFormat = isGif ? 'rgb24' : pixelFormatFor(encoder, { alpha: false, bitDepth: 8 }) || 'yuv420p';
  return {
    encoder,
    frame: isGif && short === null ? fitShortSide(fitWidth(fitted, GIF_WIDTH), null, true) : fitted,
    rate: rung?.frameRate ?? steadyRate(fastest, { most: isGif ? GIF_JOIN_RATE : MAX_JOIN_RATE }),
    pixelFormat,
    color: joinedColor(
      sources.map(({ video }) => video!),
      outputColor(encoder, pixelFormat, options),
    ),
  };
}

function inputOf({ input, options, video, audio }: JoinSource, hasPicture: boolean): InputPlan {
  const sounds = hasPicture || !audio ? [] : [audio];
  return { input, options, seek: null, loopStill: input.info.isImage, video, sounds };
}

/** Returns the label of a stream of the output. */
function mapOf({ position }: Join, label: 'v' | 'a' | 'p'): string {
  return `[${ownName(label, position)}]`;
}

/** Returns the graph, which ends in `[v]`, or in `[p]` with a palette, and in `[a]`. */
function joinGraph(join: Join, palette: string | null): string {
  const { sources, picture, hasAudio } = join;
  const chains: string[] = [];
  let segments = '';
  for (const [index, source] of sources.entries()) {
    if (picture) {
      chains.push(`[${index}:${source.video!.index}]${videoSegment(source.video!, picture)}[v${index}]`);
      segments += `[v${index}]`;
    }
    if (hasAudio) {
      chains.push(`${audioSegment(index, source, join.format)}[a${index}]`);
      segments += `[a${index}]`;
    }
  }
  const outputs = `${picture ? mapOf(join, 'v') : ''}${hasAudio ? mapOf(join, 'a') : ''}`;
  chains.push(`${segments}concat=n=${sources.length}:v=${picture ? 1 : 0}:a=${hasAudio ? 1 : 0}${outputs}`);
  if (palette) chains.push(`${mapOf(join, 'v')}${palette}${mapOf(join, 'p')}`);
  return chains.join(';');
}

function videoSegment(video: VideoStream, { frame, rate, pixelFormat, color }: JoinPicture): string {
  return videoChain(video, {
    size: frame,
    squarePixels: true,
    pad: true,
    frameRate: rate,
    color,
    pixelFormat,
    background: 'black',
  });
}

function audioSegment(index: number, source: JoinSource, format: OutputFormat): string {
  const shape = `aformat=sample_fmts=fltp:sample_rates=${SAMPLE_RATE}:channel_layouts=stereo`;
  const { audio } = source;
  const mix = { rate: SAMPLE_RATE, encoder: FORMAT_DEFAULTS[format].audio! };
  if (audio) return `[${index}:${audio.index}]${segmentFilters(audio, mix)},${shape}`;
  const length = timeText(Math.max(LEAST_SILENCE, source.duration ?? LEAST_SILENCE));
  return `anullsrc=r=${SAMPLE_RATE}:cl=stereo,atrim=duration=${length},${shape}`;
}

/** Returns filters for the palette of the entire join if its frames fit into memory, otherwise for the palette of its first seconds. */
function joinPalette({ quality, seconds }: Join, { frame, rate }: JoinPicture): string {
  const fits = Math.max(0.5, PALETTE_BYTES / (frame.width * frame.height * 4 * rate));
  const isComplete = seconds !== null && seconds <= fits;
  return paletteChain({ colours: quality === 'low' ? 128 : 256, sampleSeconds: isComplete ? null : fits });
}

function encodePictures(
  { quality, sources, seconds, options }: Join,
  { encoder, frame, rate }: JoinPicture,
): { args: string[]; preset: string | null } {
  const rates = sources.map((source) => equalVideoBitRate(source.input.info, source.video!, encoder, quality));
  const settings = videoSettings({
    encoder,
    quality,
    shortSide: shortSide(frame),
    sourceBitRate: rates.some((value) => value === null) ? null : Math.max(...rates.map((value) => value ?? 0)),
    durationSeconds: seconds,
    stated: options.stated('v'),
  });
  const keyFrames = keyFrameArgs({ encoder, options, durationSeconds: seconds, constantRate: rate });
  return {
    args: ['-c:v', encoder, ...settings, ...keyFrames],
    preset: settings[settings.indexOf('-preset:v') + 1] ?? null,
  };
}

function encodeSound(join: Join): string[] {
  const encoder = FORMAT_DEFAULTS[join.format].audio!;
  const settings = join.options.has('b', 'a') ? [] : audioSettings(encoder, join.quality, null);
  return ['-map', mapOf(join, 'a'), '-c:a', encoder, ...settings];
}
