import type { Quality } from '../../contract/formats.ts';
import { ALPHA_ENCODERS, pixelFormatFor, videoSettings } from '../policy/encoders/encoder-settings.ts';
import type { OptionSet } from '../policy/options/option-set.ts';
import { isAlphaFormat } from '../probe/pixel-formats.ts';
import type { MediaInfo, VideoStream } from '../types.ts';
import { type DrawnColor, needsToneMap, type OutputColor, outputColor } from './color/convert.ts';
import { finishChain } from './finish-chain.ts';
import type { Flow } from './flow/flow.ts';
import { displaySize, fitShortSide, fitWidth, type Size, shortSide, storedSize } from './geometry.ts';
import { keyFrameArgs } from './key-frames.ts';
import { motionRate, type OutputTiming, outputTiming, unfitTimeBase } from './time/output-rate.ts';
import { paletteChain, videoChain } from './video-filters.ts';

/** Frames per second of a GIF by quality. Browsers do not play higher rates smoothly, and the file grows. */
const GIF_RATE: Readonly<Record<Quality, number>> = { high: 15, medium: 15, low: 10 };
const GIF_COLOURS: Readonly<Record<Quality, number>> = { high: 256, medium: 256, low: 128 };
/** Width to which a GIF is scaled down if the caller sets no size. */
const GIF_WIDTH = 640;
/** Maximum bytes of frames that FFmpeg keeps until it has computed the palette. */
const PALETTE_BYTES = 256 * 2 ** 20;
/** Longest side in pixels that WebP can store (RFC 9649). */
const WEBP_SIDE = 16_383;

export interface VideoRequest {
  encoder: string;
  format: string;
  stream: VideoStream;
  info: MediaInfo;
  /** Short side of the preset; null = keep the size. */
  resolution: number | null;
  /** See `VideoSettings`. */
  target?: { maxBitRate: number | null } | null;
  /** Width to which the picture is scaled down; absent or null if `resolution` determines the size. */
  width?: number | null;
  /** Constant frame rate, from time zero; absent or null if frames keep their times. */
  constantRate?: number | null;
  /** The streams from which a graph makes the video; absent = `stream`. */
  sources?: readonly VideoStream[];
  quality: Quality;
  options: OptionSet;
  /** Whether the caller set options. Sample aspect ratio and size then stay unchanged. */
  raw: boolean;
  /** Whether no option and no filter of the caller can change the times of frames; absent for a still. */
  keepsTimes?: boolean;
  sourceBitRate: number | null;
  durationSeconds: number | null;
  /** Whether the output is a single picture. */
  still: boolean;
  /** Whether the video ends only because the output ends. A palette must not wait for the end of such a video. */
  endless: boolean;
  /** Result of the caller's filters and overlays, and whether they set the palette and the frame rate; null = there are none. */
  drawn: { flow: Flow; palette: boolean; rate: boolean; color: DrawnColor | null } | null;
}

export interface VideoPlan {
  args: string[];
  /** The planner's filters, which follow the caller's filters; may be empty. */
  chain: string;
  size: Size;
  /** Whether `size` is exact: no options or filters of the caller can change it. */
  sizeIsCertain: boolean;
  frameRate: number;
  bitDepth: number;
  preset: string | null;
  filterBytes: number;
  /** Names of the caller's options that the filter chain handles. */
  handled: string[];
}

/** Size, rate and pixel format for the encoder, and which of these values the caller set. */
interface Target {
  size: Size;
  statedSize: Size | null;
  timing: OutputTiming;
  /** Null = no restriction. */
  pixelFormat: string | null;
  statedFormat: string | null;
  /** Whether the pixel format has more than 8 bits per component. */
  deep: boolean;
  color: OutputColor;
  /** Whether the encoder requires even sides. */
  isVideoFormat: boolean;
  isGif: boolean;
  /** Color behind transparent parts if the encoder has no alpha channel; null = no color is needed. */
  background: 'white' | 'black' | null;
}

/** Plans the filters, pixel format and encoder settings of an encoded video or picture. */
export function planVideo(request: VideoRequest): VideoPlan {
  const { encoder, options } = request;
  const target = planTarget(request);
  const chain = request.drawn ? drawnChain(request, request.drawn, target) : plainChain(request, target);
  const palette = target.isGif && !request.drawn?.palette ? planPalette(request, target) : null;
  const settings = videoSettings({
    encoder,
    quality: request.quality,
    shortSide: shortSide(target.size),
    sourceBitRate: request.sourceBitRate,
    durationSeconds: request.durationSeconds,
    stated: options.stated('v'),
    target: request.target ?? null,
  });
  const toneMaps = !request.drawn && needsToneMap(request.stream, target.color);
  return {
    args: [...settings, ...muxedArgs(request, target)],
    chain: [chain, palette?.chain ?? ''].filter((part) => part !== '').join(','),
    size: target.size,
    sizeIsCertain: !request.raw && request.drawn === null,
    frameRate: target.timing.value,
    bitDepth: target.deep ? 10 : 8,
    preset: options.value('preset', 'v') ?? settings[settings.indexOf('-preset:v') + 1] ?? null,
    filterBytes: (toneMaps || request.stream.rgbProfile ? toneMapBytes(request.stream) : 0) + (palette?.bytes ?? 0),
    // In the chain of a GIF, the palette must come after size and rate.
    handled: [...(target.isGif ? ['s', 'r'] : []), ...unfitTimeBase(options, target.timing)],
  };
}

function planTarget(request: VideoRequest): Target {
  const { stream, encoder, options, raw } = request;
  const isGif = encoder === 'gif';
  const isVideoFormat = !request.still && !['gif', 'libwebp', 'libwebp_anim'].includes(encoder);
  const base = request.drawn ? drawnSize(request.drawn.flow, stream) : raw ? storedSize(stream) : displaySize(stream);
  const statedSize = sizeOf(options.value('s', 'v'));
  const statedFormat = options.value('pix_fmt', 'v');
  const alpha = stream.hasAlpha && ALPHA_ENCODERS.includes(encoder) && (!statedFormat || isAlphaFormat(statedFormat));
  const pixelFormat = plannedFormat(encoder, stream, options);
  return {
    ...{ statedSize, statedFormat, pixelFormat, isVideoFormat, isGif },
    deep: pixelFormat !== null && /10|12|16/.test(pixelFormat),
    size: statedSize ?? targetSize(request, base, isVideoFormat, isGif),
    timing: frameTimes(request, isGif),
    color: plannedColor(encoder, stream, options),
    background: stream.hasAlpha && !alpha ? (request.still ? 'white' : 'black') : null,
  };
}

/** Returns the planner's filters, which follow the caller's filters. */
function drawnChain(request: VideoRequest, drawn: NonNullable<VideoRequest['drawn']>, target: Target): string {
  const { statedSize, statedFormat, pixelFormat, isGif, timing } = target;
  const subsampled = !/444|rgb|gray|gbr/.test(pixelFormat ?? 'yuv420p');
  return finishChain({
    flow: drawn.flow,
    background: target.background,
    frameRate: isGif && drawn.rate ? null : timing.filter,
    size: isGif ? statedSize : null,
    shortSide: statedSize ? null : request.resolution,
    even: target.isVideoFormat && statedSize === null && subsampled,
    color: drawn.color && {
      output: target.color,
      drawn: target.background ? { ...drawn.color, isUntouched: false } : drawn.color,
    },
    pixelFormat: statedFormat ? null : pixelFormat,
  });
}

function plainChain({ stream, raw }: VideoRequest, target: Target): string {
  const { size, statedSize, statedFormat, isGif } = target;
  return videoChain(stream, {
    size: isGif || !statedSize ? size : null,
    squarePixels: !raw,
    pad: false,
    frameRate: target.timing.filter,
    fromZero: target.timing.fromZero ?? false,
    color: target.color,
    pixelFormat: statedFormat ? null : target.pixelFormat,
    background: target.background,
  });
}

/** Plans the palette of the entire animation if its frames fit into memory, otherwise the palette of its first seconds. */
function planPalette(request: VideoRequest, { size, timing }: Target): { chain: string; bytes: number } {
  const { durationSeconds, endless, quality } = request;
  const perSecond = size.width * size.height * 4 * timing.value;
  const fits = PALETTE_BYTES / Math.max(1, perSecond);
  const isComplete = durationSeconds !== null && durationSeconds <= fits;
  const sampleSeconds = isComplete ? (endless ? durationSeconds : null) : Math.max(0.5, fits);
  return {
    chain: paletteChain({ colours: GIF_COLOURS[quality], sampleSeconds }),
    bytes: isComplete ? perSecond * durationSeconds : PALETTE_BYTES,
  };
}

/** Returns the arguments after the encoder settings. */
function muxedArgs(request: VideoRequest, { timing }: Target): string[] {
  const { encoder, options, format, still, durationSeconds } = request;
  const constantRate = timing.isConstant ? timing.value : null;
  const keyFrames = still ? [] : keyFrameArgs({ encoder, options, durationSeconds, constantRate });
  const args: string[] = [...keyFrames, ...timing.args];
  // Apple's players recognize HEVC only by this tag.
  if (encoder === 'libx265' && !options.has('tag', 'v') && ['mp4', 'mov'].includes(format)) args.push('-tag:v', 'hvc1');
  if (still) args.push('-frames:v', '1', ...(encoder.startsWith('libwebp') ? [] : ['-update', '1']));
  else if (encoder === 'libwebp_anim' && !options.has('loop')) args.push('-loop', '0');
  return args;
}

/** Returns the pixel format that an encoder receives; null = FFmpeg chooses the format nearest to the source. */
function plannedFormat(
  encoder: string,
  { hasAlpha, bitDepth }: Pick<VideoStream, 'hasAlpha' | 'bitDepth'>,
  options: OptionSet,
): string | null {
  const alpha = hasAlpha && ALPHA_ENCODERS.includes(encoder);
  return options.value('pix_fmt', 'v') ?? pixelFormatFor(encoder, { alpha, bitDepth });
}

/** Returns what the colors of an encoder's output must mean. */
export function plannedColor(
  encoder: string,
  stream: Pick<VideoStream, 'hasAlpha' | 'bitDepth'>,
  options: OptionSet,
): OutputColor {
  return outputColor(encoder, plannedFormat(encoder, stream, options), options);
}

/** Returns the bytes that tone mapping needs. Tone mapping works in 32-bit float. */
export function toneMapBytes(stream: { width: number; height: number }): number {
  return 8 * 12 * stream.width * stream.height;
}

/** Returns the estimated size after the caller's filters. An unknown side falls back to the side of the input. */
function drawnSize(flow: Flow, stream: VideoStream): Size {
  const size = displaySize(stream);
  const side = (value: number, fallback: number) => (value > 0 ? Math.max(1, Math.round(value)) : fallback);
  return { width: side(flow.width, size.width), height: side(flow.height, size.height) };
}

function targetSize(request: VideoRequest, base: Size, even: boolean, isGif: boolean): Size {
  if (request.width) return fitWidth(base, Math.min(request.width, even ? Number.POSITIVE_INFINITY : WEBP_SIDE), even);
  if (isGif && request.resolution === null && !request.raw && !request.drawn) return fitWidth(base, GIF_WIDTH);
  const size = fitShortSide(base, request.resolution, even);
  if (!request.encoder.startsWith('libwebp')) return size;
  const factor = Math.min(1, WEBP_SIDE / Math.max(size.width, size.height));
  return factor === 1 ? size : { width: Math.floor(size.width * factor), height: Math.floor(size.height * factor) };
}

function frameTimes(request: VideoRequest, isGif: boolean): OutputTiming {
  const { stream, options, encoder, format, drawn, constantRate = null, sources = [stream] } = request;
  const rate = drawn ? drawn.flow.rate : motionRate(stream);
  if (request.still) return { filter: null, value: 1, isConstant: false, args: [] };
  if (isGif && constantRate === null) return gifTiming(request, rate ?? 25);
  const isStated = request.raw || drawn?.rate === true;
  const keepsTimes = request.keepsTimes === true;
  return outputTiming({ encoder, format, options, rate, sources, isStated, keepsTimes, constantRate });
}

/** Returns the timing of a GIF. An animated GIF keeps its own frame times unless its rate is higher than players support. */
function gifTiming({ options, quality, info }: VideoRequest, source: number): OutputTiming {
  const stated = options.rate('r', 'v');
  const keep = stated === null && info.isAnimated && source <= 50;
  const value = stated ?? Math.min(source, keep ? 50 : GIF_RATE[quality]);
  return { filter: keep ? null : value, value, isConstant: !keep, args: [] };
}

function sizeOf(text: string | null): Size | null {
  if (text === null) return null;
  const [width, height] = text.split('x').map(Number);
  return { width: width!, height: height! };
}
