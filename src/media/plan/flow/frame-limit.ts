import { INPUT_LIMITS } from '../../probe/input-limits.ts';
import type { Flow } from './flow.ts';

/** A filter whose pictures are larger than any input's may be. */
export interface Oversize {
  /** Characters from the start of the graph's text. */
  offset: number;
  name: string;
  width: number;
  height: number;
}

export const LARGEST_FRAME = `${INPUT_LIMITS.maxSide} pixels a side and ${Math.floor(INPUT_LIMITS.maxPixels / 1e6)} million in all`;

/** One side alone may be known already. */
export function isOversize({ kind, width, height }: Flow): boolean {
  if (kind !== 'v') return false;
  const { maxSide, maxPixels } = INPUT_LIMITS;
  return width > maxSide || height > maxSide || width * height > maxPixels;
}

export function describeOversize({ name, width, height }: Oversize): string {
  const shown = (side: number) => (Number.isNaN(side) ? '?' : String(Math.round(side)));
  return `${name} makes pictures of ${shown(width)}x${shown(height)}; the most is ${LARGEST_FRAME}.`;
}
