import type { Place } from './item-tables.ts';
import type { Described } from './properties.ts';

/** Kinds of items that hold a coded picture, with the box of the decoder's set-up. */
export const CODECS = {
  av01: { codec: 'av1', config: 'av1C' },
  hvc1: { codec: 'hevc', config: 'hvcC' },
} as const;

/** One coded picture, or the tile of one. */
export interface CodedItem extends Described {
  id: number;
  kind: keyof typeof CODECS;
  place: Place;
}
