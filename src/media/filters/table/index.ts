import type { FilterSpec } from '../types.ts';
import { AUDIO_FILTERS } from './audio.ts';
import { VIDEO_FILTERS } from './video.ts';

/**
 * The filters that a request may use: pure computation alone. What opens a file, a socket, a device or a plugin is
 * not here, or names an asset that we place.
 */
export const FILTER_TABLE: readonly FilterSpec[] = [...VIDEO_FILTERS, ...AUDIO_FILTERS];

const BY_NAME: ReadonlyMap<string, FilterSpec> = new Map(FILTER_TABLE.map((spec) => [spec.name, spec]));

export function findFilter(name: string): FilterSpec | undefined {
  return BY_NAME.get(name);
}
