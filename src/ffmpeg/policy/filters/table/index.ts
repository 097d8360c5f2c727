import type { FilterSpec } from '../types.ts';
import { AUDIO_FILTERS } from './audio.ts';
import { VIDEO_FILTERS } from './video.ts';

/**
 * The filters that a request may use: filters that only compute. A filter that opens a file, a socket, a device or a plugin is left out, or
 * names an asset that the worker copies into the cell.
 */
export const FILTER_TABLE: readonly FilterSpec[] = [...VIDEO_FILTERS, ...AUDIO_FILTERS];

const BY_NAME: ReadonlyMap<string, FilterSpec> = new Map(FILTER_TABLE.map((spec) => [spec.name, spec]));

export function findFilter(name: string): FilterSpec | undefined {
  return BY_NAME.get(name);
}
