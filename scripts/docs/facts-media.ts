import { MAX_SUBTITLE_BYTES } from '../../src/contract/limits.ts';
import { ASSET_BYTES } from '../../src/ffmpeg/probe/asset-content.ts';
import type { FactGroup } from './facts.ts';
import { sourceNumber, sourceRange } from './source-constants.ts';
import { bytes, count } from './units.ts';

const REQUEST = 'contract/output-request.ts';
const asset = (name: string) => sourceNumber('ffmpeg/probe/asset-content.ts', name);
const invalid = 'The job fails with `asset_invalid`';
const tooLarge = 'The job fails with `source_too_large`';

export const LADDERS = {
  renditions: { what: 'Renditions of a ladder', value: `1 to ${sourceNumber(REQUEST, 'MAX_RUNGS')}` },
  height: {
    what: 'Short side of a rendition in pixels',
    value: range(sourceRange(REQUEST, 'height: z')),
    note: 'Must be even',
  },
  segment: {
    what: 'Seconds of a segment',
    value: range(sourceRange(REQUEST, 'segment_seconds: nullable')),
    note: 'Defaults to 4',
  },
  frameRate: {
    what: 'Frames per second of a ladder',
    value: range(rates()),
    note: 'Airlock changes the frame rate of a source outside of this range',
  },
  subtitles: { what: 'Subtitles of a ladder as WebVTT', value: bytes(MAX_SUBTITLE_BYTES) },
} satisfies FactGroup['facts'];

export const FILES_OF_FILTERS = {
  subtitles: { what: 'Size of a file of subtitles', value: bytes(ASSET_BYTES.subtitle), note: tooLarge },
  lines: { what: 'Lines of a file of subtitles', value: count(asset('MAX_SUBTITLE_LINES')), note: invalid },
  events: { what: 'Events of an ASS file', value: count(asset('MAX_ASS_EVENTS')), note: invalid },
  table: { what: 'Size of a look-up table', value: bytes(ASSET_BYTES.lut), note: tooLarge },
  font: { what: 'Size of a font', value: bytes(ASSET_BYTES.font), note: tooLarge },
  files: {
    what: 'Files that the filters and overlays of a request name',
    value: count(sourceNumber('ffmpeg/policy/options/asset-list.ts', 'MAX_ASSETS')),
    note: 'Returns `422`. A file that they name several times counts once',
  },
} satisfies FactGroup['facts'];

function rates(): [least: number, most: number] {
  const path = 'ffmpeg/plan/ladder/plan-ladder.ts';
  return [sourceNumber(path, 'MIN_RATE'), sourceNumber(path, 'MAX_RATE')];
}

function range([least, most]: [least: number, most: number]): string {
  return `${count(least)} to ${count(most)}`;
}
