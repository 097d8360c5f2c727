import type { Quality } from '../../contract/formats.ts';
import { ALPHA_ENCODERS, pixelFormatFor, videoSettings } from '../encoders/encoder-settings.ts';
import type { OptionSet } from '../options/option-set.ts';
import type { MediaInfo, VideoStream } from '../types.ts';
import { finishChain } from './finish-chain.ts';
import type { Flow } from './flow/flow.ts';
import { displaySize, fitShortSide, fitWidth, type Size, shortSide, storedSize } from './geometry.ts';
import { paletteChain, videoChain } from './video-filters.ts';

/** Frames a second of a GIF for each quality; browsers play more than this badly, and size grows with it. */
const GIF_RATE: Readonly<Record<Quality, number>> = { high: 15, medium: 15, low: 10 };
const GIF_COLOURS: Readonly<Record<Quality, number>> = { high: 256, medium: 256, low: 128 };
/** Width to which a GIF is scaled down when the caller named no size. */
const GIF_WIDTH = 640;
/** Memory that frames may take while they wait for the palette. */
const PALETTE_BYTES = 256 * 2 ** 20;
/** Most frames a second of any output. */
const MAX_FRAME_RATE = 120;
/** Sides that WebP can store (RFC 9649). */
const WEBP_SIDE = 16_383;

export interface VideoRequest {
  encoder: string;
  format: string;
  stream: VideoStream;
  info: MediaInfo;
  /** Short side of the preset; null = keep the size. */
  resolution: number | null;
  quality: Quality;
  options: OptionSet;
  /** The caller's options rule: sample aspect ratio and size stay as they are. */
  raw: boolean;
  sourceBitRate: number | null;
  durationSeconds: number | null;
  /** A single picture comes out. */
  still: boolean;
  /** The pictures end only because the output does; a palette must not wait for their end. */
  endless: boolean;
  /** What the caller's own filters or overlays make of the stream, and what they do themselves; null = there are none. */
  drawn: { flow: Flow; palette: boolean; rate: boolean } | null;
}

export interface VideoPlan {
  args: string[];
  /** The planner's filters, after the caller's; may be empty. */
  chain: string;
  size: Size;
  /** Whether `size` is certain: not when a photo may be turned by its EXIF data, or the caller sized it. */
  sizeIsCertain: boolean;
  frameRate: number;
  bitDepth: number;
  preset: string | null;
  filterBytes: number;
  /** Names of the caller's options that are inside the filter chain now. */
  handled: string[];
}

interface FrameRate {
  /** The rate to force in the chain. */
  filter: number | null;
  /** Drop frames above {@link MAX_FRAME_RATE}. */
  cap: boolean;
  /** For estimates. */
  value: number;
}

/** Size, rate and pixel format of what the encoder gets, and which of them the caller stated. */
interface Target {
  size: Size;
  statedSize: Size | null;
  frameRate: FrameRate;
  /** Null = no restriction. */
  pixelFormat: string | null;
  statedFormat: string | null;
  /** More than 8 bits. */
  deep: boolean;
  keepsHdr: boolean;
  /** The encoder wants even sides. */
  isVideoFormat: boolean;
  isGif: boolean;
  /** Behind pictures whose transparency the encoder cannot keep. */
  background: 'white' | 'black' | null;
  orientationUnknown: boolean;
}

/** Filters, pixel format and encoder settings of an encoded video or picture. */
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
    stated: options.stated('v'),
  });
  const toneMaps = request.stream.isHdr && !target.keepsHdr && !request.drawn;
  return {
    args: [...settings, ...muxedArgs(request, target)],
    chain: [chain, palette?.chain ?? ''].filter((part) => part !== '').join(','),
    size: target.size,
    sizeIsCertain: !request.raw && !target.orientationUnknown && request.drawn === null,
    frameRate: target.frameRate.value,
    bitDepth: target.deep ? 10 : 8,
    preset: options.value('preset', 'v') ?? settings[settings.indexOf('-preset:v') + 1] ?? null,
    filterBytes: (toneMaps ? toneMapBytes(request.stream) : 0) + (palette?.bytes ?? 0),
    // In the chain of a GIF the palette must come after size and rate.
    handled: target.isGif ? ['s', 'r'] : [],
  };
}

function planTarget(request: VideoRequest): Target {
  const { stream, encoder, options, raw } = request;
  const isGif = encoder === 'gif';
  const isVideoFormat = !request.still && !['gif', 'libwebp', 'libwebp_anim'].includes(encoder);
  const base = request.drawn ? drawnSize(request.drawn.flow, stream) : raw ? storedSize(stream) : displaySize(stream);
  const statedSize = sizeOf(options.value('s', 'v'));
  const alpha = stream.hasAlpha && ALPHA_ENCODERS.includes(encoder);
  const statedFormat = options.value('pix_fmt', 'v');
  const pixelFormat = statedFormat ?? pixelFormatFor(encoder, { alpha, bitDepth: stream.bitDepth });
  const deep = pixelFormat !== null && /10|12|16/.test(pixelFormat);
  return {
    ...{ statedSize, statedFormat, pixelFormat, deep, isVideoFormat, isGif },
    size: statedSize ?? targetSize(request, base, isVideoFormat, isGif),
    frameRate: outputFrameRate(request, isGif),
    keepsHdr: deep || encoder === 'prores_ks' || options.has('color_trc', 'v'),
    background: stream.hasAlpha && !alpha ? (request.still ? 'white' : 'black') : null,
    orientationUnknown: request.info.demuxer === 'jpeg_pipe',
  };
}

/** The planner's filters after those of the caller. */
function drawnChain(request: VideoRequest, drawn: NonNullable<VideoRequest['drawn']>, target: Target): string {
  const { statedSize, statedFormat, pixelFormat, isGif, frameRate } = target;
  const subsampled = !/444|rgb|gray|gbr/.test(pixelFormat ?? 'yuv420p');
  return finishChain({
    flow: drawn.flow,
    background: target.background,
    frameRate: isGif && drawn.rate ? null : frameRate.filter,
    size: isGif ? statedSize : null,
    shortSide: statedSize ? null : request.resolution,
    even: target.isVideoFormat && statedSize === null && subsampled,
    pixelFormat: statedFormat ? null : pixelFormat,
  });
}

function plainChain({ stream, raw }: VideoRequest, target: Target): string {
  const { size, statedSize, statedFormat, isGif } = target;
  return videoChain(stream, {
    size: isGif || !statedSize ? size : null,
    squarePixels: !raw,
    pad: false,
    frameRate: target.frameRate.filter,
    toneMap: !target.keepsHdr,
    pixelFormat: statedFormat ? null : target.pixelFormat,
    background: target.background,
    orientationUnknown: target.orientationUnknown,
  });
}

/** Of the whole animation where its frames fit into memory, else of its first seconds. */
function planPalette(request: VideoRequest, { size, frameRate }: Target): { chain: string; bytes: number } {
  const { durationSeconds, endless, quality } = request;
  const perSecond = size.width * size.height * 4 * frameRate.value;
  const fits = PALETTE_BYTES / Math.max(1, perSecond);
  const whole = durationSeconds !== null && durationSeconds <= fits;
  const sampleSeconds = whole ? (endless ? durationSeconds : null) : Math.max(0.5, fits);
  return {
    chain: paletteChain({ colours: GIF_COLOURS[quality], sampleSeconds }),
    bytes: whole ? perSecond * durationSeconds : PALETTE_BYTES,
  };
}

/** What follows the settings of the encoder. */
function muxedArgs({ encoder, options, format, still }: VideoRequest, { frameRate }: Target): string[] {
  const args: string[] = [];
  if (frameRate.cap) args.push('-fpsmax:v', String(MAX_FRAME_RATE));
  // Apple's players know HEVC by this code alone.
  if (encoder === 'libx265' && !options.has('tag', 'v') && ['mp4', 'mov'].includes(format)) args.push('-tag:v', 'hvc1');
  if (still) args.push('-frames:v', '1', ...(encoder.startsWith('libwebp') ? [] : ['-update', '1']));
  else if (encoder === 'libwebp_anim' && !options.has('loop')) args.push('-loop', '0');
  return args;
}

/** Whether what comes out has to be of 8 bits, so that HDR must be tone-mapped for it. */
export function needsToneMap(encoder: string, stream: VideoStream, options: OptionSet): boolean {
  if (!stream.isHdr || encoder === 'prores_ks' || options.has('color_trc', 'v')) return false;
  const alpha = stream.hasAlpha && ALPHA_ENCODERS.includes(encoder);
  const format = options.value('pix_fmt', 'v') ?? pixelFormatFor(encoder, { alpha, bitDepth: stream.bitDepth });
  return format === null || !/10|12|16/.test(format);
}

/** Tone mapping works in 32-bit float. */
export function toneMapBytes(stream: { width: number; height: number }): number {
  return 8 * 12 * stream.width * stream.height;
}

/** Estimate of the pictures after the caller's filters; where nothing is known, the size of what went in. */
function drawnSize(flow: Flow, stream: VideoStream): Size {
  const size = displaySize(stream);
  const side = (value: number, fallback: number) => (value > 0 ? Math.max(1, Math.round(value)) : fallback);
  return { width: side(flow.width, size.width), height: side(flow.height, size.height) };
}

function targetSize(request: VideoRequest, base: Size, even: boolean, isGif: boolean): Size {
  if (isGif && request.resolution === null && !request.raw && !request.drawn) return fitWidth(base, GIF_WIDTH);
  const size = fitShortSide(base, request.raw ? null : request.resolution, even);
  if (!request.encoder.startsWith('libwebp')) return size;
  const factor = Math.min(1, WEBP_SIDE / Math.max(size.width, size.height));
  return factor === 1 ? size : { width: Math.floor(size.width * factor), height: Math.floor(size.height * factor) };
}

function outputFrameRate(request: VideoRequest, isGif: boolean): FrameRate {
  const { stream, options } = request;
  const source = request.drawn?.flow.rate ?? stream.frameRate ?? 25;
  const stated = options.rate('r', 'v');
  if (request.still) return { filter: null, cap: false, value: 1 };
  if (isGif) {
    const limit = stated ?? GIF_RATE[request.quality];
    // A GIF keeps the times of its own frames unless they are faster than players show.
    const keep = stated === null && request.info.isAnimated && source <= 50;
    const value = stated ?? Math.min(source, keep ? 50 : limit);
    return { filter: keep ? null : value, cap: false, value };
  }
  if (stated !== null) return { filter: null, cap: false, value: stated };
  // AVI stores no times: MPEG-4's clock also holds no finer base than 1/65535.
  if (request.format === 'avi') {
    const value = Math.min(source, MAX_FRAME_RATE);
    return { filter: value, cap: false, value };
  }
  const tooFast = source > MAX_FRAME_RATE;
  return { filter: null, cap: tooFast && !options.has('fpsmax', 'v'), value: Math.min(source, MAX_FRAME_RATE) };
}

function sizeOf(text: string | null): Size | null {
  if (text === null) return null;
  const [width, height] = text.split('x').map(Number);
  return { width: width!, height: height! };
}
