import * as lists from '../option-lists.ts';
import {
  boolean,
  choice,
  flags,
  INPUT,
  integer,
  MOV,
  number,
  type OptionRow,
  OUTPUT,
  OUTPUT_VA,
  pattern,
  row,
} from '../option-row.ts';

const TIME_CODE = pattern(/^\d{2}:[0-5]\d:[0-5]\d[:;.]\d{2,3}$/, 14, 'HH:MM:SS:FF');
const MP3 = ['mp3'] as const;

/** Options of the container. A muxer's option is dropped if the output has another muxer. */
export const CONTAINER_OPTIONS: readonly OptionRow[] = [
  row('f', OUTPUT, choice(lists.FORMATS), 'Must be the format that `output_format` names.'),
  row('timecode', OUTPUT, TIME_CODE, 'First time code.', { formats: MOV, example: '01:00:00:00' }),
  row('movflags', OUTPUT, flags(lists.MOVFLAGS.join(' ')), 'Structure of an MP4 or MOV file.', {
    formats: MOV,
    example: '+faststart',
  }),
  row('brand', OUTPUT, pattern(/^[A-Za-z0-9][A-Za-z0-9 ]{3}$/, 4, 'four letters, such as mp42'), 'Major brand.', {
    formats: MOV,
    example: 'mp42',
  }),
  row('movie_timescale', OUTPUT, integer(1, 1_000_000), 'Ticks per second of the movie.', {
    formats: MOV,
    example: 1000,
  }),
  row('video_track_timescale', OUTPUT, integer(0, 1_000_000), 'Ticks per second of the video track.', {
    formats: MOV,
    example: 90_000,
  }),
  row('write_tmcd', OUTPUT, boolean, 'Writes a time code track.', { formats: MOV }),
  row('write_btrt', OUTPUT, boolean, 'Writes the bit rate box.', { formats: MOV }),
  row('use_editlist', OUTPUT, boolean, 'Writes an edit list.', { formats: MOV }),
  row('empty_hdlr_name', OUTPUT, boolean, 'Omits the names of handlers.', { formats: MOV }),
  row('frag_duration', OUTPUT, integer(0, 600_000_000), 'Maximum duration of a fragment, in microseconds.', {
    formats: MOV,
    example: 500_000,
  }),
  row('min_frag_duration', OUTPUT, integer(0, 600_000_000), 'Minimum duration of a fragment, in microseconds.', {
    formats: MOV,
    example: 500_000,
  }),
  row('frag_size', OUTPUT, integer(0, 1_000_000_000), 'Maximum size of a fragment, in bytes.', {
    formats: MOV,
    example: 100_000,
  }),
  row('id3v2_version', OUTPUT, choice(['0', '3', '4']), 'Version of the ID3 tags.', { formats: MP3, example: 3 }),
  row('write_id3v1', OUTPUT, boolean, 'Writes ID3v1 tags as well.', { formats: MP3 }),
  row('write_xing', OUTPUT, boolean, 'Writes the Xing header.', { formats: MP3 }),
  row('metadata_header_padding', OUTPUT, integer(-1, 100_000), 'Number of bytes that stay free for tags.'),
  row('update', OUTPUT, boolean, 'Writes one picture instead of a numbered series. Always on.', {
    formats: ['jpg', 'png'],
    example: 1,
  }),
  row('cues_to_front', OUTPUT, boolean, 'Puts the index first.', { formats: ['mkv', 'webm'] }),
  row('reserve_index_space', OUTPUT, integer(0, 1_000_000), 'Number of bytes that stay free for the index.', {
    formats: ['mkv', 'webm'],
  }),
  row('default_mode', OUTPUT, choice(['infer', 'infer_no_subs', 'passthrough']), 'How default streams are marked.', {
    formats: ['mkv', 'webm'],
  }),
  row('page_duration', OUTPUT, integer(0, 10_000_000), 'Maximum duration of a page, in microseconds.', {
    formats: ['ogg', 'opus'],
    example: 1_000_000,
  }),
  row('rf64', OUTPUT, choice(['auto', 'always', 'never']), 'Writes RF64 for large WAV files.', {
    formats: ['wav'],
  }),
  row('write_bext', OUTPUT, boolean, 'Writes the broadcast extension of WAV.', { formats: ['wav'], example: 0 }),
  row('ignore_editlist', INPUT, boolean, 'Also plays the parts that the edit list of an MP4 file hides.', {
    demuxers: ['mov'],
  }),
  row('advanced_editlist', INPUT, boolean, 'Follows the edit list of an MP4 exactly.', { demuxers: ['mov'] }),
  row('ignore_loop', INPUT, boolean, 'Plays a GIF once.', { demuxers: ['gif'], example: 1 }),
  row('min_delay', INPUT, integer(0, 6000), 'Minimum delay of a GIF frame, in hundredths of a second.', {
    demuxers: ['gif'],
    example: 2,
  }),
  row('max_gif_delay', INPUT, integer(0, 65_535), 'Maximum delay of a GIF frame, in hundredths of a second.', {
    demuxers: ['gif'],
    example: 65_535,
  }),
  row(
    'default_delay',
    INPUT,
    integer(0, 6000),
    'Delay of a GIF frame that declares no delay, in hundredths of a second.',
    {
      demuxers: ['gif'],
      example: 10,
    },
  ),
  row('strict', OUTPUT_VA, choice(lists.STRICTNESS), 'Allows experimental combinations.', {
    aliases: { f_strict: '' },
  }),
  row('max_error_rate', OUTPUT, number(0, 1), 'Tolerated share of broken frames.', { example: 0.5 }),
];
