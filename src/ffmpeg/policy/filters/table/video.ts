import type { FilterSpec } from '../types.ts';
import { BLUR_FILTERS } from './video-blur.ts';
import { COLOR_FILTERS } from './video-color.ts';
import { COMPOSE_FILTERS } from './video-compose.ts';
import { DENOISE_FILTERS } from './video-denoise.ts';
import { EFFECT_FILTERS } from './video-effects.ts';
import { FIELD_FILTERS } from './video-fields.ts';
import { FORMAT_FILTERS } from './video-format.ts';
import { GEOMETRY_FILTERS } from './video-geometry.ts';
import { KEY_FILTERS } from './video-key.ts';
import { LUT_FILTERS } from './video-lut.ts';
import { SCALE_FILTERS } from './video-scale.ts';
import { SCOPE_FILTERS } from './video-scopes.ts';
import { SOURCE_FILTERS } from './video-sources.ts';
import { TEXT_FILTERS } from './video-text.ts';
import { TIME_FILTERS } from './video-time.ts';

/**
 * Every video filter of FFmpeg 7.1 that only computes. The table excludes hardware and plugins, filters that open files (`removelogo`,
 * `signature`, `metadata` …), filters that wait for the clock (`realtime`) or send commands, and filters that need minutes for seconds of
 * video (`bm3d`, `dctdnoiz`, `nnedi`). It also excludes filters that crash FFmpeg 7.1 by writing beyond its frames: `kerndeint` if the
 * width is not a multiple of 64, `waveform` and `framepack` on RGB, `waveform` on small pictures, `thistogram` on 16 bits. It excludes
 * `midequalizer`, which does not end on deep pictures.
 */
export const VIDEO_FILTERS: readonly FilterSpec[] = [
  ...SCALE_FILTERS,
  ...GEOMETRY_FILTERS,
  ...TIME_FILTERS,
  ...FIELD_FILTERS,
  ...FORMAT_FILTERS,
  ...COLOR_FILTERS,
  ...LUT_FILTERS,
  ...BLUR_FILTERS,
  ...DENOISE_FILTERS,
  ...EFFECT_FILTERS,
  ...COMPOSE_FILTERS,
  ...KEY_FILTERS,
  ...TEXT_FILTERS,
  ...SCOPE_FILTERS,
  ...SOURCE_FILTERS,
];
