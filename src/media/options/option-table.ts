import { SVTAV1_PARAMETERS, X264_PARAMETERS, X265_PARAMETERS } from '../encoders/encoder-parameters.ts';
import { INPUT_LIMITS } from '../probe/input-limits.ts';
import * as lists from './option-lists.ts';
import type { OptionValue } from './option-values.ts';

export type OptionScope = 'input' | 'output';
export type StreamLetter = 'v' | 'a' | 's';

export interface OptionRow {
  /** FFmpeg's name without the dash and without the stream specifier. */
  name: string;
  /** Other spellings; one may carry a specifier (`vcodec` = `c:v`). */
  aliases?: Readonly<Record<string, StreamLetter | ''>>;
  scopes: readonly OptionScope[];
  /** Stream kinds that may follow as `:v`, `:a`, `:s`, each with an index. Empty: none. */
  specifiers: readonly StreamLetter[];
  /** Several of them add up instead of the last one winning. */
  repeats?: boolean;
  /** The server sets it itself: accepted so that copied command lines work, and dropped. */
  ignored?: boolean;
  value: OptionValue;
  /** One sentence for the documentation. */
  doc: string;
}

const MAX_SECONDS = INPUT_LIMITS.maxDurationSeconds;
const OUTPUT: readonly OptionScope[] = ['output'];
const INPUT: readonly OptionScope[] = ['input'];
const BOTH: readonly OptionScope[] = ['input', 'output'];
const NONE: readonly StreamLetter[] = [];
const V: readonly StreamLetter[] = ['v'];
const A: readonly StreamLetter[] = ['a'];
const VA: readonly StreamLetter[] = ['v', 'a'];
const VAS: readonly StreamLetter[] = ['v', 'a', 's'];

const flag: OptionValue = { type: 'flag' };
const encoder: OptionValue = { type: 'encoder' };
const map: OptionValue = { type: 'map' };
const metadata: OptionValue = { type: 'metadata' };
const ratio: OptionValue = { type: 'ratio' };
const size: OptionValue = { type: 'size', maxSide: 8192, maxPixels: INPUT_LIMITS.maxPixels };
const rate = (max: number): OptionValue => ({ type: 'rate', max });
const integer = (min: number, max: number): OptionValue => ({ type: 'integer', min, max });
const number = (min: number, max: number): OptionValue => ({ type: 'number', min, max });
const time = (min: number, max: number): OptionValue => ({ type: 'time', min, max });
const bits = (min: number, max: number): OptionValue => ({ type: 'bits', min, max });
const choice = (values: readonly string[]): OptionValue => ({ type: 'choice', values });
const flags = (values: readonly string[]): OptionValue => ({ type: 'flags', values });
const parameters = (keys: typeof X264_PARAMETERS): OptionValue => ({ type: 'parameters', keys });

function row(
  name: string,
  scopes: readonly OptionScope[],
  specifiers: readonly StreamLetter[],
  value: OptionValue,
  doc: string,
  more: Pick<OptionRow, 'aliases' | 'repeats' | 'ignored'> = {},
): OptionRow {
  return { name, scopes, specifiers, value, doc, ...more };
}

/**
 * The plain FFmpeg flags that a request may use (security 3). What is not here is refused: FFmpeg has
 * thousands of options, each release adds some, and many read or write files.
 */
export const OPTION_TABLE: readonly OptionRow[] = [
  // Which streams, and how they are encoded
  row('c', OUTPUT, VA, encoder, 'Encoder, or copy.', { aliases: { codec: '', vcodec: 'v', acodec: 'a' } }),
  row('map', OUTPUT, NONE, map, 'Takes a stream of an input into the output.', { repeats: true }),
  row('vn', BOTH, NONE, flag, 'No video.'),
  row('an', BOTH, NONE, flag, 'No audio.'),
  row('sn', BOTH, NONE, flag, 'No subtitles.'),
  row('dn', BOTH, NONE, flag, 'No data streams (they are never kept).'),
  // Quality and rate
  row('b', OUTPUT, VA, bits(1000, 200_000_000), 'Bit rate.', { aliases: { vb: 'v', ab: 'a' } }),
  row('crf', OUTPUT, V, number(0, 63), 'Constant quality; lower is better.'),
  row('qp', OUTPUT, V, integer(0, 63), 'Constant quantiser.'),
  row('q', OUTPUT, VA, number(0, 100), 'Fixed quality scale of MJPEG, MPEG-4, MP3, Vorbis.', {
    aliases: { qscale: '', aq: 'a' },
  }),
  row('maxrate', OUTPUT, VA, bits(1000, 400_000_000), 'Highest bit rate.'),
  row('minrate', OUTPUT, VA, bits(0, 400_000_000), 'Lowest bit rate.'),
  row('bufsize', OUTPUT, VA, bits(1000, 800_000_000), 'Buffer over which maxrate holds.'),
  row('preset', OUTPUT, V, choice(lists.PRESETS), 'Speed of the encoder.'),
  row('tune', OUTPUT, V, choice(lists.TUNES), 'Tuning of x264 and x265.'),
  row('profile', OUTPUT, VA, choice(lists.PROFILES), 'Codec profile.'),
  row('level', OUTPUT, V, number(1, 62), 'Codec level.'),
  row('compression_level', OUTPUT, VA, integer(0, 12), 'Effort of PNG, WebP, FLAC, Opus.'),
  row('quality', OUTPUT, V, number(0, 100), 'Quality of WebP.'),
  row('lossless', OUTPUT, V, integer(0, 1), 'Lossless WebP or VP9.'),
  row('deadline', OUTPUT, V, choice(['realtime', 'good']), 'Speed class of VP8 and VP9.'),
  row('cpu-used', OUTPUT, V, integer(0, 8), 'Speed of VP8 and VP9; higher is faster.'),
  row('row-mt', OUTPUT, V, integer(0, 1), 'Row threads of VP9.'),
  row('tile-columns', OUTPUT, V, integer(0, 6), 'Tiles of VP9, as a power of two.'),
  row('tile-rows', OUTPUT, V, integer(0, 2), 'Tiles of VP9, as a power of two.'),
  row('frame-parallel', OUTPUT, V, integer(0, 1), 'Frame-parallel decoding of VP9.'),
  row('auto-alt-ref', OUTPUT, V, integer(0, 6), 'Alternative reference frames of VP8 and VP9.'),
  row('lag-in-frames', OUTPUT, V, integer(0, 25), 'Look-ahead of VP8 and VP9.'),
  row('vbr', OUTPUT, A, choice(['off', 'on', 'constrained']), 'Variable bit rate of Opus.'),
  row('application', OUTPUT, A, choice(['voip', 'audio', 'lowdelay']), 'Kind of sound for Opus.'),
  // Structure
  row('g', OUTPUT, V, integer(1, 1000), 'Frames between key frames.'),
  row('keyint_min', OUTPUT, V, integer(1, 1000), 'Fewest frames between key frames.'),
  row('sc_threshold', OUTPUT, V, integer(0, 1_000_000_000), 'Threshold of scene cuts.'),
  row('bf', OUTPUT, V, integer(0, 16), 'B-frames in a row.'),
  row('refs', OUTPUT, V, integer(1, 16), 'Reference frames.'),
  // Pictures
  row('r', BOTH, V, rate(120), 'Frames a second.'),
  row('fpsmax', OUTPUT, V, rate(120), 'Most frames a second.'),
  row('fps_mode', OUTPUT, V, choice(['auto', 'cfr', 'vfr', 'passthrough']), 'Constant or variable frame rate.', {
    aliases: { vsync: '' },
  }),
  row('s', OUTPUT, V, size, 'Frame size.'),
  row('aspect', OUTPUT, V, ratio, 'Display aspect.'),
  row('pix_fmt', OUTPUT, V, choice(lists.PIXEL_FORMATS), 'Pixel format.'),
  row('color_primaries', OUTPUT, V, choice(lists.COLOR_PRIMARIES), 'Tag of the colour primaries.'),
  row('color_trc', OUTPUT, V, choice(lists.COLOR_TRANSFERS), 'Tag of the transfer curve.'),
  row('colorspace', OUTPUT, V, choice(lists.COLOR_SPACES), 'Tag of the colour matrix.'),
  row('color_range', OUTPUT, V, choice(['tv', 'pc']), 'Tag of the colour range.'),
  row('frames', OUTPUT, VA, integer(1, 10_000_000), 'Stops after that many frames.', {
    aliases: { vframes: 'v', aframes: 'a' },
  }),
  // Sound
  row('ar', OUTPUT, A, integer(4000, 192_000), 'Samples a second.'),
  row('ac', OUTPUT, A, integer(1, 8), 'Channels.'),
  row('channel_layout', OUTPUT, A, choice(lists.CHANNEL_LAYOUTS), 'Channel layout.', { aliases: { ch_layout: '' } }),
  row('sample_fmt', OUTPUT, A, choice(['s16', 's32', 'flt', 's16p', 's32p', 'fltp']), 'Sample format.'),
  // Time
  row('ss', BOTH, NONE, time(0, MAX_SECONDS), 'Starts at that time.'),
  row('sseof', INPUT, NONE, time(-MAX_SECONDS, 0), 'Starts that long before the end; negative.'),
  row('t', BOTH, NONE, time(0.001, MAX_SECONDS), 'Takes that long.'),
  row('to', BOTH, NONE, time(0.001, MAX_SECONDS), 'Stops at that time.'),
  row('itsoffset', INPUT, NONE, time(-3600, 3600), 'Shifts an input in time.'),
  row(
    'stream_loop',
    INPUT,
    NONE,
    integer(-1, 1000),
    'Plays an input again that many times; -1 = until something else ends.',
  ),
  row(
    'loop',
    BOTH,
    NONE,
    integer(-1, 65_535),
    'Before a picture: 1 shows it without end. For GIF and WebP: how often the output plays, 0 = forever.',
  ),
  row('framerate', INPUT, NONE, rate(120), 'Frames a second of a looped picture.'),
  row('shortest', OUTPUT, NONE, flag, 'Stops with the shortest stream.'),
  // Container
  row('movflags', OUTPUT, NONE, flags(lists.MOVFLAGS), 'Shape of an MP4 or MOV.'),
  row('f', OUTPUT, NONE, choice(lists.FORMATS), 'Only the format that outputFormat names.'),
  row('metadata', OUTPUT, NONE, metadata, 'Sets a tag, such as title=….', { repeats: true }),
  row('map_metadata', OUTPUT, NONE, choice(['-1']), 'Always -1: tags of the input are never kept.'),
  row('map_chapters', OUTPUT, NONE, choice(['-1']), 'Always -1: chapters are not kept.'),
  row('disposition', OUTPUT, VAS, choice(lists.DISPOSITIONS), 'Marks a stream.', { repeats: true }),
  row('tag', OUTPUT, VA, choice(lists.TAGS), 'Code of the codec in the container.', { aliases: { vtag: 'v' } }),
  row('strict', OUTPUT, VA, choice(['normal', 'experimental', '-2', '1']), 'Allows experimental combinations.'),
  // Parameters of one encoder: only keys that name no file (security 3, lesson 7)
  row('x264-params', OUTPUT, V, parameters(X264_PARAMETERS), 'Parameters of x264.', { aliases: { x264opts: '' } }),
  row('x265-params', OUTPUT, V, parameters(X265_PARAMETERS), 'Parameters of x265.'),
  row('svtav1-params', OUTPUT, V, parameters(SVTAV1_PARAMETERS), 'Parameters of SVT-AV1.'),
  // What the server sets itself
  row('threads', BOTH, NONE, integer(0, 1024), 'Ignored: the server chooses.', { ignored: true }),
  row('y', BOTH, NONE, flag, 'Ignored: outputs are always new.', { ignored: true }),
  row('hide_banner', BOTH, NONE, flag, 'Ignored.', { ignored: true }),
  row('nostdin', BOTH, NONE, flag, 'Ignored: always set.', { ignored: true }),
  row('max_muxing_queue_size', OUTPUT, NONE, integer(1, 100_000), 'Ignored: the server chooses.', { ignored: true }),
];
