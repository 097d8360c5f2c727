import { JobFailure } from '../../contract/failures.ts';
import type { AudioStream, MediaInfo, Rotation, Truncation, VideoStream } from '../types.ts';
import { displaySize, mayChangeSize, sampleAspect } from './display-size.ts';
import { bitDepthOf, isAlphaFormat } from './pixel-formats.ts';

/** Maximum number of streams that FFmpeg may open, and maximum bytes and microseconds that it may read to analyze the streams. */
export const MAX_STREAMS = 64;
const PROBE_BYTES = '20000000';
const ANALYZE_MICROSECONDS = '20000000';

/** Demuxers of single pictures. */
export const STILL_DEMUXERS: readonly string[] = ['jpeg_pipe', 'png_pipe', 'webp_pipe'];

/** Demuxers of pictures that may have several frames. */
const ANIMATION_DEMUXERS: readonly string[] = ['gif', 'apng'];

/** The path of an input that FFmpeg reads from its standard input. */
export const STANDARD_INPUT = 'pipe:0';

const ENTRIES = [
  'format=format_name,start_time,duration,size,bit_rate,nb_streams',
  'stream=index,codec_name,codec_type,profile,width,height,sample_aspect_ratio,pix_fmt,color_range,color_space,' +
    'color_transfer,color_primaries,field_order,r_frame_rate,avg_frame_rate,start_time,duration,bit_rate,bits_per_raw_sample,' +
    'bits_per_sample,nb_frames,channels,sample_rate',
  'program=program_num:program_stream=index',
  'stream_disposition=default,attached_pic,still_image,comment,hearing_impaired,visual_impaired,descriptions',
  'stream_tags=language,alpha_mode,ALPHA_MODE',
  'stream_side_data=rotation',
].join(':');

/**
 * Returns the options that make FFmpeg open one file with one demuxer and nothing else. These options come last before `-i`, because the
 * last option takes effect if an option is given twice.
 */
export function inputSecurityArgs(demuxer: string, path = ''): string[] {
  return [
    '-f',
    demuxer,
    '-protocol_whitelist',
    path === STANDARD_INPUT ? 'pipe' : 'file',
    '-format_whitelist',
    demuxer,
    '-max_streams',
    String(MAX_STREAMS),
    '-probesize',
    PROBE_BYTES,
    '-analyzeduration',
    ANALYZE_MICROSECONDS,
  ];
}

/** Returns ffprobe's arguments for one file inside the cell. */
export function probeArgs(input: { path: string; demuxer: string }): string[] {
  return [
    '-v',
    'error',
    '-hide_banner',
    '-max_alloc',
    String(2 ** 30),
    '-of',
    'json=compact=1',
    '-show_entries',
    ENTRIES,
    ...inputSecurityArgs(input.demuxer, input.path),
    '-i',
    input.path,
  ];
}

/** Parses ffprobe's JSON without trusting its contents. Throws only `JobFailure('invalid_media')`. */
export function parseProbe(json: string, file: { sizeBytes: number; demuxer: string }): MediaInfo {
  const root = parseJson(json);
  const format = record(root.format);
  const streams = Array.isArray(root.streams) ? root.streams.slice(0, MAX_STREAMS + 1).map(record) : [];
  if (streams.length === 0) throw new JobFailure('invalid_media', 'No stream was found in the input.');

  const start = RESTARTED_DEMUXERS.includes(file.demuxer) ? numeric(format.start_time) : null;
  const video = streams
    .filter((stream) => stream.codec_type === 'video')
    .map((stream) => ({ ...parseVideo(stream, file.demuxer), ...lateStart(stream, start) }));
  const audio = streams
    .filter((stream) => stream.codec_type === 'audio')
    .map((stream) => ({ ...parseAudio(stream), ...lateStart(stream, start) }));
  const still = STILL_DEMUXERS.includes(file.demuxer);
  const mayMove = ANIMATION_DEMUXERS.includes(file.demuxer);
  const isAnimated = mayMove && (video[0]?.frames ?? 2) > 1;
  const isImage = audio.length === 0 && (still || (mayMove && !isAnimated));
  const programs = parsePrograms(root.programs);
  const longest = Math.max(-1, ...[...video, ...audio].map((stream) => stream.durationSeconds ?? -1));

  return {
    container: word(format.format_name, /^[a-z0-9_,]{1,64}$/) ?? file.demuxer,
    demuxer: file.demuxer,
    durationSeconds: isImage ? null : (seconds(format.duration) ?? (longest >= 0 ? longest : null)),
    ...(file.demuxer === 'avi' && declaredLength(video, seconds(format.duration))),
    sizeBytes: file.sizeBytes,
    bitRate: readInteger(format.bit_rate, 1, 1e12),
    streamCount: Math.max(streams.length, readInteger(format.nb_streams, 0, 1e6) ?? 0),
    video,
    audio,
    ...(programs.length > 1 && { programs }),
    subtitleCount: streams.filter((stream) => stream.codec_type === 'subtitle').length,
    isImage,
    isAnimated,
  };
}

/** Maximum seconds by which the frame count of a complete AVI may exceed its duration, because rates are rounded. */
const ROUNDED_SECONDS = 0.5;

/** Returns the duration that the header of a truncated AVI declares by the number of its frames. FFmpeg reports the duration of the rest. */
function declaredLength(video: readonly VideoStream[], contained: number | null): { truncation?: Truncation } {
  const declared = Math.max(0, ...video.map(({ frames, frameRate }) => (frameRate ? (frames ?? 0) / frameRate : 0)));
  return contained !== null && declared - contained > ROUNDED_SECONDS
    ? { truncation: { declaredSeconds: declared } }
    : {};
}

/** Demuxers of FFmpeg that do not start at the start of the file, but at the start of the first stream in use. */
export const RESTARTED_DEMUXERS: readonly string[] = ['mpegts', 'mpeg'];
/** Minimum delay that can be noticed. */
const LEAST_DELAY_SECONDS = 0.02;
/** Maximum delay that FFmpeg does not treat as a discontinuity. */
const MOST_DELAY_SECONDS = 10;

/** Returns how much later than the file a stream starts. `start` = start of the file in seconds; null = the delay has no effect. */
function lateStart(stream: Record<string, unknown>, start: number | null): { lateSeconds?: number } {
  const own = numeric(stream.start_time);
  const lateSeconds = own === null || start === null ? 0 : own - start;
  return lateSeconds >= LEAST_DELAY_SECONDS && lateSeconds <= MOST_DELAY_SECONDS ? { lateSeconds } : {};
}

/** Returns the indexes of the streams of each program that has streams. */
function parsePrograms(value: unknown): number[][] {
  const programs = Array.isArray(value) ? value.slice(0, MAX_STREAMS).map(record) : [];
  return programs
    .map(({ streams }) => (Array.isArray(streams) ? streams.slice(0, MAX_STREAMS) : []))
    .map((streams) => streams.flatMap((stream) => readInteger(record(stream).index, 0, 1e6) ?? []))
    .filter((indexes) => indexes.length > 0);
}

const INTERLACED: readonly unknown[] = ['tt', 'bb', 'tb', 'bt'];
/** Codecs whose frames state whether they are interlaced. The order of fields that ffprobe reports is only the order of the first frame. */
const STATED_BY_FRAME = ['mpeg2video', 'mpeg4', 'vc1', 'wmv3', 'dvvideo'];
/** Codecs of which ffprobe reports an order of fields only if the container declares it. */
const STATED_BY_CONTAINER = ['prores', 'dnxhd', 'mjpeg', 'utvideo', 'ffv1'];
/** Containers of broadcasts and cameras, in which the sanitizer does not read the parameter sets of H.264. */
const BROADCAST = ['mpegts', 'mpeg', 'avi'];

/** Returns whether frames may be marked as interlaced although the first frame is not known to be interlaced. */
function mayBeInterlaced(stream: Record<string, unknown>, demuxer: string): boolean {
  const codec = word(stream.codec_name, CODEC_NAME) ?? 'unknown';
  const order = stream.field_order;
  const isYuv = word(stream.pix_fmt, /^yuv/) !== null;
  if (INTERLACED.includes(order) || !isYuv || record(stream.disposition).attached_pic === 1) return false;
  if (codec === 'h264') return BROADCAST.includes(demuxer) && word(stream.profile, /Baseline/) === null;
  if (STATED_BY_FRAME.includes(codec)) return true;
  return STATED_BY_CONTAINER.includes(codec) && order !== 'progressive' && !STILL_DEMUXERS.includes(demuxer);
}

/** Adds to a description that its H.264 streams may contain interlaced frames, which ffprobe does not report. */
export function withFields(info: MediaInfo): MediaInfo {
  const video = info.video.map((stream) => ({
    ...stream,
    ...(stream.codec === 'h264' && !stream.isInterlaced && { mayBeInterlaced: true }),
  }));
  return { ...info, video };
}

const SECONDARY = ['still_image', 'comment', 'hearing_impaired', 'visual_impaired', 'descriptions'];

function secondary(stream: Record<string, unknown>): { isSecondary?: true } {
  const disposition = record(stream.disposition);
  return SECONDARY.some((name) => disposition[name] === 1) ? { isSecondary: true } : {};
}

function parseVideo(stream: Record<string, unknown>, demuxer: string): VideoStream {
  const width = readInteger(stream.width, 0, 1e6) ?? 0;
  const height = readInteger(stream.height, 0, 1e6) ?? 0;
  const rotation = parseRotation(stream.side_data_list);
  const sampleAspectRatio = parseAspect(stream.sample_aspect_ratio);
  const { wide, tall } = displaySize(width, height, sampleAspectRatio);
  const sideways = rotation === 90 || rotation === 270;
  const pixelFormat = word(stream.pix_fmt, /^[a-z0-9_]{1,32}$/);
  const tags = record(stream.tags);
  const colorTransfer = word(stream.color_transfer, COLOR_NAME);
  const codec = word(stream.codec_name, CODEC_NAME) ?? 'unknown';
  const isAttachedPicture = record(stream.disposition).attached_pic === 1;
  return {
    index: readInteger(stream.index, 0, 1e6) ?? 0,
    codec,
    profile: word(stream.profile, PROFILE_NAME),
    width,
    height,
    rotation,
    sampleAspectRatio,
    displayWidth: sideways ? tall : wide,
    displayHeight: sideways ? wide : tall,
    pixelFormat,
    bitDepth: bitDepthOf(pixelFormat, readInteger(stream.bits_per_raw_sample, 1, 32)),
    hasAlpha: isAlphaFormat(pixelFormat) || tags.alpha_mode === '1' || tags.ALPHA_MODE === '1',
    ...declaredRates(rate(stream.avg_frame_rate), rate(stream.r_frame_rate)),
    colorTransfer,
    colorPrimaries: word(stream.color_primaries, COLOR_NAME),
    colorSpace: word(stream.color_space, COLOR_NAME),
    colorRange: word(stream.color_range, COLOR_NAME),
    isHdr: colorTransfer === 'smpte2084' || colorTransfer === 'arib-std-b67',
    isAttachedPicture,
    bitRate: readInteger(stream.bit_rate, 1, 1e12),
    frames: readInteger(stream.nb_frames, 0, 1e9),
    isInterlaced: INTERLACED.includes(stream.field_order),
    ...(!isAttachedPicture && mayChangeSize(codec, demuxer) && { mayChangeSize: true }),
    ...(mayBeInterlaced(stream, demuxer) && { mayBeInterlaced: true }),
    isDefault: record(stream.disposition).default === 1,
    ...secondary(stream),
    durationSeconds: seconds(stream.duration),
  };
}

/** A higher rate may be the resolution of the timestamps. */
const MAX_CERTAIN_RATE = 60;
/** A higher rate is always the resolution of the timestamps. */
const MAX_RATE = 240;
/** Maximum relative difference of the two rates of a stream whose frames have equal distances. */
const SAME_RATE = 0.005;

/**
 * Returns the rates of a stream. `lowest` is the lowest rate that has a time for each of the first frames, according to FFmpeg. Of
 * interlaced video, this may be the rate of the fields, which is twice the average.
 */
function declaredRates(
  average: number | null,
  lowest: number | null,
): Pick<VideoStream, 'frameRate' | 'nominalRate' | 'hasConstantRate'> {
  const plausible = lowest !== null && lowest <= MAX_RATE ? lowest : null;
  if (average === null || lowest === null)
    return { frameRate: average ?? plausible, nominalRate: average ?? plausible };
  const hasConstantRate = [1, 2].some((fields) => Math.abs((average * fields) / lowest - 1) <= SAME_RATE);
  const nominalRate = hasConstantRate || lowest > MAX_CERTAIN_RATE ? average : lowest;
  return { frameRate: average, nominalRate, hasConstantRate };
}

function parseAudio(stream: Record<string, unknown>): AudioStream {
  const language = word(record(stream.tags).language, /^[A-Za-z]{2,3}$/)?.toLowerCase() ?? null;
  return {
    index: readInteger(stream.index, 0, 1e6) ?? 0,
    codec: word(stream.codec_name, CODEC_NAME) ?? 'unknown',
    profile: word(stream.profile, PROFILE_NAME),
    channels: readInteger(stream.channels, 0, 1024) ?? 0,
    sampleRate: readInteger(stream.sample_rate, 0, 1e7) ?? 0,
    bitRate: readInteger(stream.bit_rate, 1, 1e12),
    bitDepth: readInteger(stream.bits_per_raw_sample, 1, 64) ?? readInteger(stream.bits_per_sample, 1, 64),
    isDefault: record(stream.disposition).default === 1,
    ...secondary(stream),
    language: language === 'und' ? null : language,
    durationSeconds: seconds(stream.duration),
  };
}

const CODEC_NAME = /^[a-z0-9_]{1,32}$/;
const COLOR_NAME = /^[a-z0-9-]{1,32}$/;
const PROFILE_NAME = /^[A-Za-z0-9:.,+() /@-]{1,48}$/;

function parseJson(json: string): Record<string, unknown> {
  try {
    return record(JSON.parse(json));
  } catch {
    throw new JobFailure('invalid_media', 'The input could not be read.');
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

/** Returns a word of FFmpeg's own vocabulary. Returns null for anything else, such as free text of the file. */
function word(value: unknown, pattern: RegExp): string | null {
  return typeof value === 'string' && pattern.test(value) && value !== 'unknown' ? value : null;
}

function numeric(value: unknown): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value !== 'string' || !/^-?\d{1,18}(\.\d{1,12})?$/.test(value)) return null;
  return Number(value);
}

function readInteger(value: unknown, min: number, max: number): number | null {
  const number = numeric(value);
  return number !== null && Number.isInteger(number) && number >= min && number <= max ? number : null;
}

function seconds(value: unknown): number | null {
  const number = numeric(value);
  return number !== null && number >= 0 ? Math.min(number, 1e9) : null;
}

function rate(value: unknown): number | null {
  const match = typeof value === 'string' ? /^(\d{1,12})\/(\d{1,12})$/.exec(value) : null;
  if (!match || match[1] === '0' || Number(match[2]) === 0) return null;
  return Number(match[1]) / Number(match[2]);
}

function parseAspect(value: unknown): number {
  const match = typeof value === 'string' ? /^(\d{1,9}):(\d{1,9})$/.exec(value) : null;
  return match ? sampleAspect(Number(match[1]), Number(match[2])) : 1;
}

/**
 * Returns the clockwise rotation. FFmpeg reports counterclockwise degrees. An angle that differs by more than 1 degree from a multiple of
 * 90 degrees counts as 0, because it does not change the frame size.
 */
function parseRotation(sideData: unknown): Rotation {
  const list = Array.isArray(sideData) ? sideData.slice(0, 64) : [];
  for (const item of list) {
    const angle = numeric(record(item).rotation);
    if (angle === null) continue;
    const clockwise = (((-angle % 360) + 360) % 360) as number;
    const quarter = Math.round(clockwise / 90) * 90;
    return (Math.abs(clockwise - quarter) <= 1 ? quarter % 360 : 0) as Rotation;
  }
  return 0;
}
