import { MAX_INPUTS } from '../../src/contract/transcodes.ts';
import type { FactGroup } from './facts.ts';
import { sourceMaximum, sourceNumber } from './source-constants.ts';
import { count } from './units.ts';

const field = (file: string, name: string) => count(sourceNumber(`contract/${file}.ts`, name));
const invalid = 'Returns `400`';
const entries = (file: string, name: string) => count(sourceMaximum(`contract/${file}.ts`, `${name}: nullable`));

/** Limits of single fields of a request. */
export const FIELDS = {
  command: { what: 'Characters of `ffmpeg_command`', value: field('commands', 'MAX_COMMAND'), note: invalid },
  commandFiles: {
    what: 'Entries of `input_files`',
    value: count(2 * MAX_INPUTS), // Twice MAX_INPUTS, as MAX_FILES in contract/commands.ts.
    note: invalid,
  },
  options: { what: 'Entries of `options` of an output', value: entries('output-request', 'options'), note: invalid },
  inputOptions: { what: 'Entries of `options` of an input', value: entries('input-request', 'options'), note: invalid },
  filters: { what: 'Entries of `filters` of an output', value: entries('output-request', 'filters'), note: invalid },
  headers: {
    what: 'Entries of `headers` of a destination',
    value: field('destinations', 'MAX_HEADERS'),
    note: invalid,
  },
  headerValue: {
    what: 'Characters of the value of a header of a destination',
    value: field('destinations', 'MAX_HEADER_VALUE'),
    note: invalid,
  },
  prefix: {
    what: 'Characters of `prefix` of a destination',
    value: field('bucket-prefix', 'MAX_PREFIX'),
    note: invalid,
  },
  subtitleUrl: {
    what: 'Characters of `subtitles` of a ladder',
    value: field('output-request', 'MAX_SUBTITLE_URL'),
    note: invalid,
  },
  srt: { what: 'Characters of reviewed subtitles', value: field('blueprints', 'MAX_SRT'), note: invalid },
  tiles: {
    what: 'Pictures of `thumbnails` or a `sprite`',
    value: field('picture-outputs', 'MAX_TILES'),
    note: 'A larger `count` returns `400`. If `every_seconds` is too small, Airlock raises it, and adds a warning',
  },
  side: {
    what: 'Pixels of a side of a still, a preview or a waveform',
    value: field('picture-outputs', 'MAX_SIDE'),
    note: invalid,
  },
} satisfies FactGroup['facts'];
