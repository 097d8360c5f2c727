import type { Plan } from '../../types.ts';
import { MAX_OUTPUT_SECONDS } from '../resources.ts';
import { filtersFault } from './timeless-filters.ts';
import type { FrameRate, Piece } from './types.ts';

/** A command as several: one per piece of the video, one for the entire audio, and one that joins them. */
export interface SplitCommand {
  piece(piece: Piece, at: { time: number; timescale: number; rate: FrameRate }): string[];
  /** Null = the output has no audio. */
  audio: string[] | null;
  /** Reads the joined video as `/in/video` and the audio as `/in/audio`. */
  join: string[];
  /** Bits per second and bits of the rate control that keeps an output smaller than its source; null = none. */
  cap: { rate: number; buffer: number } | null;
}

const VIDEO_ENCODERS: readonly string[] = ['libx264', 'libx265', 'libvpx-vp9', 'libsvtav1'];

/**
 * Options of a video encoder that mean the same for a part of a video as for the entire video. Not among them: two passes, a bit
 * rate or buffer of the caller, positions of key frames, frame rates, and parameters in the encoder's own syntax.
 */
const VIDEO_OPTIONS: ReadonlySet<string> = new Set(
  (
    'preset crf qp profile level pix_fmt g keyint_min bf refs tune deadline cpu-used row-mt sc_threshold tag ' +
    'color_primaries color_trc colorspace color_range tile-columns tile-rows aq-mode'
  ).split(' '),
);
/** Options without a stream specifier that concern audio alone; the audio is not cut. */
const AUDIO_OPTIONS: ReadonlySet<string> = new Set(['ar', 'ac', 'sample_fmt', 'channel_layout']);
/** The end of every command. */
const TAIL_OPTIONS: ReadonlySet<string> = new Set(['map_metadata', 'map_chapters', 'sn', 'dn', 'fs', 'f']);
const FLAGS: ReadonlySet<string> = new Set(['sn', 'dn', 'nostdin', 'y', 'hide_banner', 'nostats', 'vn', 'an']);
/** Set again by the worker that runs a piece. */
const THREADS: ReadonlySet<string> = new Set(['threads', 'filter_threads', 'filter_complex_threads']);
const GLOBAL: ReadonlySet<string> = new Set(
  'nostdin y hide_banner v nostats progress stats_period max_alloc'.split(' '),
);
const INPUT: ReadonlySet<string> = new Set(
  'f protocol_whitelist format_whitelist max_streams probesize analyzeduration'.split(' '),
);
/** Milliseconds after its key frame to which a piece seeks: exactly there, rounding might find the one before. */
const SEEK_SECONDS = 0.001;

interface Option {
  name: string;
  /** `v`, `a:0` … or the empty string. */
  specifier: string;
  args: string[];
}

/**
 * Splits the command of a plan, if every argument of it is known to mean the same for a piece as for the entire video. Otherwise
 * returns why not, as a sentence.
 *
 * @param stated names of the caller's own options, which may not limit the bit rate
 */
export function splitCommand(plan: Plan, stated: readonly string[]): SplitCommand | string {
  const { args } = plan;
  const at = args.indexOf('-i');
  const [input, path] = [args[at + 1], args.at(-1)];
  if (at < 0 || input !== '/in/0' || args.indexOf('-i', at + 1) >= 0 || !path) return 'The job has several inputs.';
  const before = readOptions(args.slice(0, at));
  const after = readOptions(args.slice(at + 2, -1));
  if (plan.layers.length > 0) return 'The job draws text or pictures.';
  const odd = before.find(({ name }) => !GLOBAL.has(name) && !INPUT.has(name) && !THREADS.has(name));
  if (odd) return `The option -${odd.name} of the input cannot be split.`;
  if (stated.some((name) => /^-?(maxrate|minrate|bufsize)\b/.test(name))) return 'The job limits the bit rate.';
  if (stated.some((name) => /^-?map\b/.test(name))) return 'The job maps its streams.';
  const parts = sortOptions(after);
  if (typeof parts === 'string') return parts;
  if (!['mp4', 'mov'].includes(parts.muxer)) return 'Only MP4 and MOV outputs are encoded in pieces.';
  const global = before.filter(({ name }) => GLOBAL.has(name)).flatMap((option) => option.args);
  const source = before.filter(({ name }) => INPUT.has(name)).flatMap((option) => option.args);
  const open = (name: string) => [...source, '-i', `/in/${name}`];
  const made = ['-f', 'mp4', '/out/output.mp4'];
  return {
    piece: (piece, key) => [
      ...global,
      ...['-copyts', '-seek_timestamp', '1', '-noaccurate_seek', '-ss', seekTime(key), '-itsoffset', shift(key)],
      ...open('0'),
      ...['-map', parts.videoMap, '-an'],
      ...parts.video,
      ...(parts.filters === null ? [] : ['-filter:v:0', parts.filters]),
      ...['-frames:v', String(piece.frames), '-fps_mode', 'passthrough'],
      ...['-enc_time_base', `${key.rate.den}/${key.rate.num}`],
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
      ...['-f', parts.muxer, path],
    ],
    cap: parts.cap,
  };
}

/** Sets the threads of decoder, filters and encoder in a command of `splitCommand`. */
export function withThreads(args: readonly string[], threads: number): string[] {
  const at = args.indexOf('-i');
  const count = ['-threads', String(threads)];
  return [
    ...['-filter_threads', String(threads)],
    ...args.slice(0, at),
    ...count,
    ...args.slice(at, -3),
    ...count,
    ...args.slice(-3),
  ];
}

/** Moves the key frame to zero, so that a piece that begins with another frame is found out. */
function shift({ time, timescale }: { time: number; timescale: number }): string {
  return (-time / timescale).toFixed(6);
}

function seekTime({ time, timescale }: { time: number; timescale: number }): string {
  return (time / timescale + SEEK_SECONDS).toFixed(6);
}

function readOptions(args: readonly string[]): Option[] {
  const options: Option[] = [];
  for (let at = 0; at < args.length; ) {
    const [, name = '', specifier = ''] = /^-([a-z][\w-]*)(?::(.*))?$/.exec(args[at]!) ?? [];
    const length = FLAGS.has(name) ? 1 : 2;
    options.push({ name, specifier, args: args.slice(at, at + length) });
    at += length;
  }
  return options;
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
  cap: SplitCommand['cap'];
}

function sortOptions(options: readonly Option[]): Parts | string {
  const parts: Omit<Parts, 'videoMap'> = {
    ...{ audioMap: null, video: [], filters: null, audio: [], joined: [], tail: [], muxer: '', cap: null },
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
    } else if (TAIL_OPTIONS.has(name)) parts.tail.push(...args);
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
    } else if (name === 'b' && value === '0') parts.video.push(...args);
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
