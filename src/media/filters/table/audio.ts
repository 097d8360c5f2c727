import type { FilterSpec } from '../types.ts';

export const AUDIO_FILTERS: readonly FilterSpec[] = [];
