import type { Plan } from '../../types.ts';
import { countsFromLastKeyFrame } from '../key-frames.ts';
import { MAX_OUTPUT_SECONDS } from '../resources.ts';
import { type CommandOption, readInput, readOptions, seekArgs, THREADS } from './read-arguments.ts';
import { filtersFault } from './timeless-filters.ts';
import type { FrameRate, Piece } from './types.ts';

/** A command that is split into several: one per piece of the video, one for the entire audio, and one that joins them. */
export interface SplitCommand {
  piece(piece: Piece, at: { time: number; timescale: number; rate: FrameRate }): string[];
  /** Null = the output has no audio. */
  audio: string[] | null;
  /** Reads the joined video as `/in/video` and the audio as `/in/audio`. */
  join: string[];
  /** Whether the frames keep the times of the source. Otherwise the source must have a constant rate. */
  keepsTimes: boolean;
  /**
   * Bits per second, and bits of the buffer, of the rate control that limits the output; null = no such rate control.
   */
  cap: { rate: number; buffer: number } | null;
}

const VIDEO_ENCODERS: readonly string[] = ['libx264', 'libx265', 'libvpx-vp9', 'libsvtav1'];

/**
 * Options of a video encoder that have the same meaning for a part of a video as for the entire video. Not included are options for two
 * passes, a bit rate or buffer of the caller, positions of key frames, frame rates, and parameters in the encoder's own syntax.
 */
const VIDEO_OPTIONS: ReadonlySet<string> = new Set(
  (
    'preset crf qp profile level pix_fmt g keyint_min bf refs tune deadline cpu-used row-mt sc_threshold tag ' +
    'color_primaries color_trc colorspace color_range tile-columns tile-rows aq-mode forced-idr'
  ).split(' '),
);
/** Options without a stream specifier that concern only the audio, which is not cut. */
const AUDIO_OPTIONS: ReadonlySet<string> = new Set(['ar', 'ac', 'sample_fmt', 'channel_layout']);
/** Options at the end of every command. */
const TAIL_OPTIONS: ReadonlySet<string> = new Set(['map_metadata', 'map_chapters', 'sn', 'dn', 'fs', 'f']);

/**
 * Splits the command of a plan if every argument has the same meaning for a piece as for the entire video. Otherwise returns the reason as
 * a sentence.
 * @param stated names of the caller's own options, which may not limit the bit rate
 */
export function splitCommand(plan: Plan, stated: readonly string[]): SplitCommand | string {
  const { args } = plan;
  const input = readInput(args);
  if (typeof input === 'string') return input;
  const { global, open } = input;
  if (plan.layers.length > 0) return 'The job draws text or pictures.';
  if (stated.some((name) => /^-?(maxrate|minrate|bufsize)\b/.test(name))) return 'The job limits the bit rate.';
  if (stated.some((name) => /^-?map\b/.test(name))) return 'The job maps its streams.';
  const parts = sortOptions(readOptions(input.outputs.slice(0, -1)));
  if (typeof parts === 'string') return parts;
  if (!['mp4', 'mov'].includes(parts.muxer)) return 'Only MP4 and MOV outputs are encoded in pieces.';
  const made = ['-f', 'mp4', '/out/output.mp4'];
  return {
    piece: (piece, { time, timescale, rate }) => [
      ...global,
      ...seekArgs({ key: time, start: time, timescale }),
      ...open('0'),
      ...['-map', parts.videoMap, '-an'],
      ...parts.video,
      ...(parts.filters === null ? [] : ['-filter:v:0', parts.filters]),
      ...['-frames:v', String(piece.frames), '-fps_mode', 'passthrough'],
      ...['-enc_time_base', parts.keepsTimes ? 'filter' : `${rate.den}/${rate.num}`],
      ...parts.tail,
      ...made,
    ],
    audio:
      parts.audioMap === null
        ? null
        : [...global, ...open('0'), ...['-map', parts.audioMap, '-vn'], ...parts.audio, ...parts.tail, ...made],
    join: [
      ...global,
      '-copyts',
      ...open('video'),
      ...(parts.audioMap ? open('audio') : []),
      ...['-map', '0:v:0', ...(parts.audioMap ? ['-map', '1:a:0'] : ['-an']), '-c', 'copy'],
      ...parts.joined,
      ...parts.tail,
      ...['-f', parts.muxer, args.at(-1)!],
    ],
    keepsTimes: parts.keepsTimes,
    cap: parts.cap,
  };
}

interface Parts {
  videoMap: string;
  audioMap: string | null;
  /** Arguments of the video encoder, without filters. */
  video: string[];
  filters: string | null;
  audio: string[];
  /** Arguments that concern the container. */
  joined: string[];
  tail: string[];
  muxer: string;
  keepsTimes: boolean;
  cap: SplitCommand['cap'];
}

function sortOptions(options: readonly CommandOption[]): Parts | string {
  const parts: Omit<Parts, 'videoMap'> = {
    ...{ audioMap: null, video: [], filters: null, audio: [], joined: [], tail: [], muxer: '' },
    keepsTimes: false,
    cap: null,
  };
  const maps: string[] = [];
  const cap = { rate: 0, buffer: 0 };
  for (const { name, specifier, args } of options) {
    const value = args[1] ?? '';
    const of = specifier[0] ?? '';
    if (name === 'map') maps.push(value);
    else if (THREADS.has(name)) continue;
    else if (name === 'f') parts.muxer = value;
    else if (name === 't') {
      if (Number(value) !== MAX_OUTPUT_SECONDS) return 'The job trims its input.';
    } else if (name === 'map_chapters' && value !== '-1') return 'The job keeps the chapters of the input.';
    else if (name === 'c' && of === 's') return 'The job keeps the subtitles of the input.';
    else if (TAIL_OPTIONS.has(name)) parts.tail.push(...args);
    else if (name === 'an') continue;
    else if (name === 'movflags' && /^\+?faststart$/.test(value)) parts.joined.push(...args);
    else if (name === 'metadata' && specifier === 's:a:0') parts.joined.push(...args);
    else if (of === 'a' || AUDIO_OPTIONS.has(name)) parts.audio.push(...args);
    else if (name === 'filter' && specifier === 'v:0') parts.filters = value;
    else if (name === 'maxrate' && specifier === 'v') {
      cap.rate = Number(value);
      parts.video.push(...args);
    } else if (name === 'bufsize' && specifier === 'v') {
      cap.buffer = Number(value);
      parts.video.push(...args);
    } else if (name === 'c' && of === 'v') {
      if (!VIDEO_ENCODERS.includes(value)) return `Video of the encoder ${value} is not encoded in pieces.`;
      parts.video.push(...args);
    } else if (name === 'enc_time_base' && value === 'filter') parts.keepsTimes = true;
    else if (name === 'b' && value === '0') parts.video.push(...args);
    else if (name === 'force_key_frames' && countsFromLastKeyFrame(value)) parts.video.push(...args);
    else if (VIDEO_OPTIONS.has(name)) {
      parts.video.push(...args);
      if (name === 'tag') parts.joined.push(...args);
    } else return `The option ${args[0]} does not mean the same for a piece as for the entire video.`;
  }
  const [videoMap, audioMap = null, ...more] = maps;
  if (!videoMap || more.length > 0 || maps.some((map) => !/^0:\d+$/.test(map))) return 'The streams are mapped.';
  if (parts.video.length === 0) return 'No video is encoded.';
  const fault = filtersFault(parts.filters);
  if (fault) return fault;
  return { ...parts, videoMap, audioMap, cap: cap.rate > 0 && cap.buffer > 0 ? cap : null };
}
