import type { FilterSpec } from '../types.ts';
import { CHANNEL_FILTERS } from './audio-channels.ts';
import { EFFECT_FILTERS } from './audio-effects.ts';
import { EQUALIZER_FILTERS } from './audio-equalizers.ts';
import { LEVEL_FILTERS } from './audio-level.ts';
import { METER_PICTURES } from './audio-meters.ts';
import { SPECTRUM_PICTURES } from './audio-pictures.ts';
import { REPAIR_FILTERS } from './audio-repair.ts';
import { AUDIO_SOURCES } from './audio-sources.ts';
import { STEREO_FILTERS } from './audio-stereo.ts';
import { TIME_FILTERS } from './audio-time.ts';

/**
 * Audio filters, audio sources, and visualizers. The table excludes filters that name a file or a plugin (`arnndn`, `ladspa`, `lv2`,
 * `sofalizer`, `asendcmd`, `ametadata`, `azmq`, `asr`, `flite`), and filters that wait for the clock (`arealtime`).
 */
export const AUDIO_FILTERS: readonly FilterSpec[] = [
  ...TIME_FILTERS,
  ...LEVEL_FILTERS,
  ...CHANNEL_FILTERS,
  ...STEREO_FILTERS,
  ...EQUALIZER_FILTERS,
  ...EFFECT_FILTERS,
  ...REPAIR_FILTERS,
  ...AUDIO_SOURCES,
  ...SPECTRUM_PICTURES,
  ...METER_PICTURES,
];
