import { INPUT_LIMITS } from '../../probe/input-limits.ts';
import type { Flow } from './flow.ts';

/** A filter whose frames exceed the limit of inputs. */
export interface Oversize {
  /** Characters from the start of the graph's text. */
  offset: number;
  name: string;
  width: number;
  height: number;
}

export const LARGEST_FRAME = `${INPUT_LIMITS.maxSide} pixels per side and ${Math.floor(INPUT_LIMITS.maxPixels / 1e6)} million in all`;

/** Whether frames of a stream exceed the limit of inputs. If only one side is known, the limit per side still applies. */
export function isOversize({ kind, width, height }: Flow): boolean {
  if (kind !== 'v') return false;
  const { maxSide, maxPixels } = INPUT_LIMITS;
  return width > maxSide || height > maxSide || width * height > maxPixels;
}

export function describeOversize({ name, width, height }: Oversize): string {
  const shown = (side: number) => (Number.isNaN(side) ? '?' : String(Math.round(side)));
  return `${name} outputs frames of ${shown(width)}x${shown(height)}; the limit is ${LARGEST_FRAME}.`;
}
