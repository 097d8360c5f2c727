import { CHANNEL_FILTERS } from '../../src/ffmpeg/policy/filters/table/audio-channels.ts';
import { EFFECT_FILTERS as AUDIO_EFFECTS } from '../../src/ffmpeg/policy/filters/table/audio-effects.ts';
import { EQUALIZER_FILTERS } from '../../src/ffmpeg/policy/filters/table/audio-equalizers.ts';
import { LEVEL_FILTERS } from '../../src/ffmpeg/policy/filters/table/audio-level.ts';
import { METER_PICTURES } from '../../src/ffmpeg/policy/filters/table/audio-meters.ts';
import { SPECTRUM_PICTURES } from '../../src/ffmpeg/policy/filters/table/audio-pictures.ts';
import { REPAIR_FILTERS } from '../../src/ffmpeg/policy/filters/table/audio-repair.ts';
import { AUDIO_SOURCES } from '../../src/ffmpeg/policy/filters/table/audio-sources.ts';
import { STEREO_FILTERS } from '../../src/ffmpeg/policy/filters/table/audio-stereo.ts';
import { TIME_FILTERS as AUDIO_TIME } from '../../src/ffmpeg/policy/filters/table/audio-time.ts';
import { FILTER_TABLE } from '../../src/ffmpeg/policy/filters/table/index.ts';
import { BLUR_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-blur.ts';
import { COLOR_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-color.ts';
import { COMPOSE_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-compose.ts';
import { DENOISE_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-denoise.ts';
import { EFFECT_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-effects.ts';
import { FIELD_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-fields.ts';
import { FORMAT_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-format.ts';
import { GEOMETRY_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-geometry.ts';
import { KEY_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-key.ts';
import { LUT_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-lut.ts';
import { SCALE_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-scale.ts';
import { SCOPE_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-scopes.ts';
import { SOURCE_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-sources.ts';
import { TEXT_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-text.ts';
import { TIME_FILTERS } from '../../src/ffmpeg/policy/filters/table/video-time.ts';
import type { FilterSpec } from '../../src/ffmpeg/policy/filters/types.ts';

export interface FilterGroup {
  /** Name of the group's page below docs/filters. */
  name: string;
  title: string;
  /** A sentence that describes the group. */
  about: string;
  specs: readonly FilterSpec[];
}

/** The groups of the filter pages, in the order of the navigation. Each filter is in exactly one group. */
export const FILTER_GROUPS: readonly FilterGroup[] = [
  {
    name: 'size',
    title: 'Size and geometry',
    about: 'Scale, crop, pad, rotate, flip and warp pictures.',
    specs: [...SCALE_FILTERS, ...GEOMETRY_FILTERS],
  },
  {
    name: 'time',
    title: 'Time and frames',
    about: 'Cut, change the speed and the frame rate, and select, repeat or reverse frames.',
    specs: TIME_FILTERS,
  },
  {
    name: 'fields',
    title: 'Interlacing',
    about: 'Deinterlace, interlace, change the order of fields, and restore film.',
    specs: FIELD_FILTERS,
  },
  {
    name: 'color',
    title: 'Color',
    about: 'Correct colors, apply look-up tables, and convert pixel formats and color spaces.',
    specs: [...FORMAT_FILTERS, ...COLOR_FILTERS, ...LUT_FILTERS],
  },
  {
    name: 'blur',
    title: 'Blur and sharpness',
    about: 'Blur, sharpen, smooth, and remove bands and blocks.',
    specs: BLUR_FILTERS,
  },
  {
    name: 'denoise',
    title: 'Noise',
    about: 'Remove noise and add noise, and stabilize a shaking video.',
    specs: DENOISE_FILTERS,
  },
  {
    name: 'effects',
    title: 'Video effects',
    about: 'Find edges, grow and shrink areas, add a vignette, and compute pictures by expressions.',
    specs: EFFECT_FILTERS,
  },
  {
    name: 'compose',
    title: 'Several videos',
    about: 'Overlay, stack, blend, split and join videos, and fade.',
    specs: COMPOSE_FILTERS,
  },
  {
    name: 'key',
    title: 'Keys and transparency',
    about: 'Make colors transparent, combine pictures by masks, and edit planes and the alpha channel.',
    specs: KEY_FILTERS,
  },
  {
    name: 'text',
    title: 'Text and subtitles',
    about: 'Draw text, subtitles, boxes and grids.',
    specs: TEXT_FILTERS,
  },
  {
    name: 'scopes',
    title: 'Scopes',
    about: 'Draw histograms and vectors of a video, and find its crop.',
    specs: SCOPE_FILTERS,
  },
  {
    name: 'sources',
    title: 'Video sources',
    about: 'Generate colors, gradients, patterns and test pictures.',
    specs: SOURCE_FILTERS,
  },
  {
    name: 'audio-time',
    title: 'Audio time and format',
    about: 'Cut, delay, fade and join sound, and change its speed, sample rate and format.',
    specs: AUDIO_TIME,
  },
  {
    name: 'audio-level',
    title: 'Loudness',
    about: 'Change and normalize the volume, compress, limit and gate.',
    specs: LEVEL_FILTERS,
  },
  {
    name: 'audio-channels',
    title: 'Channels and stereo',
    about: 'Mix, map, split, join and widen channels.',
    specs: [...CHANNEL_FILTERS, ...STEREO_FILTERS],
  },
  {
    name: 'audio-equalizers',
    title: 'Equalizers',
    about: 'Raise, lower and cut frequencies.',
    specs: EQUALIZER_FILTERS,
  },
  {
    name: 'audio-effects',
    title: 'Audio effects and repair',
    about: 'Add echo, chorus and other effects, remove noise and clicks, and measure sound.',
    specs: [...AUDIO_EFFECTS, ...REPAIR_FILTERS],
  },
  {
    name: 'audio-sources',
    title: 'Audio sources',
    about: 'Generate tones, noise and silence.',
    specs: AUDIO_SOURCES,
  },
  {
    name: 'audio-pictures',
    title: 'Pictures of sound',
    about: 'Draw waveforms, spectra and meters of sound.',
    specs: [...SPECTRUM_PICTURES, ...METER_PICTURES],
  },
];

const grouped = FILTER_GROUPS.flatMap(({ specs }) => specs.map(({ name }) => name));
const missing = FILTER_TABLE.filter(({ name }) => !grouped.includes(name)).map(({ name }) => name);
if (missing.length > 0) throw new Error(`No group of scripts/docs/filter-groups.ts contains ${missing.join(', ')}`);
