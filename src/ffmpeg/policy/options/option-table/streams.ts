import * as lists from '../option-lists.ts';
import {
  BOTH,
  choice,
  encoder,
  flag,
  INPUT_VA,
  integer,
  type OptionRow,
  OUTPUT,
  OUTPUT_VA,
  OUTPUT_VAS,
  row,
  words,
} from '../option-row.ts';

/** Options that choose and tag the streams of the output. */
export const STREAM_OPTIONS: readonly OptionRow[] = [
  row('c', OUTPUT_VA, encoder, 'Encoder of the stream, or `copy`.', {
    aliases: { codec: '', vcodec: 'v', acodec: 'a' },
    example: 'copy',
  }),
  row(
    'map',
    OUTPUT,
    { type: 'map' },
    'Maps a stream of an input, or a labelled output of the graph, into the output.',
    {
      repeats: true,
      example: '0:v:0?',
    },
  ),
  row('vn', BOTH, flag, 'No video.'),
  row('an', BOTH, flag, 'No audio.'),
  row('sn', BOTH, flag, 'No subtitles.'),
  row('dn', BOTH, flag, 'No data streams. Airlock never keeps them.'),
  row('discard', INPUT_VA, words('none default noref bidir nokey all'), 'Frames that the demuxer drops.'),
  row('frames', OUTPUT_VA, integer(1, 10_000_000), 'Stops after this number of frames.', {
    aliases: { vframes: 'v', aframes: 'a' },
    example: 2,
  }),
  row(
    'metadata',
    OUTPUT,
    { type: 'metadata' },
    'Sets a tag, such as title=…. -metadata:s:a:0 sets a tag of a stream.',
    {
      repeats: true,
      ofStream: true,
      example: 'title=A title',
    },
  ),
  row('map_metadata', OUTPUT, choice(['-1']), 'Must be -1, because Airlock never keeps the tags of an input.', {
    aliases: { map_meta_data: '' },
  }),
  row('map_chapters', OUTPUT, choice(['-1']), 'Must be -1, which drops the chapters of the input.'),
  row('disposition', OUTPUT_VAS, { type: 'flags', values: lists.DISPOSITIONS, words: ['0'] }, 'Marks a stream.', {
    repeats: true,
    example: 'default',
  }),
  row('tag', OUTPUT_VA, choice(lists.TAGS), 'Codec tag in the container.', {
    aliases: { vtag: 'v', atag: 'a' },
    example: 'avc1',
  }),
  row('bsf', OUTPUT_VA, { type: 'bitstream-filters' }, 'Rewrites packets without encoding them.', {
    aliases: { vbsf: 'v', absf: 'a' },
    example: 'dump_extra=freq=keyframe',
  }),
  row('copyinkf', OUTPUT_VA, flag, 'When copying, keeps the frames before the first key frame.'),
  row('copypriorss', OUTPUT_VA, integer(0, 1), 'When copying, keeps frames before the start time.'),
];
