import type { FilterSpec } from '../types.ts';

export const VIDEO_FILTERS: readonly FilterSpec[] = [];
