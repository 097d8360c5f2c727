import { makeBox, u32 } from '../isobmff/boxes.ts';
import type { Track } from '../isobmff/movie.ts';
import type { ItemLocation } from './item-tables.ts';
import type { ItemProperties } from './properties.ts';

/** Types of coded items, with FFmpeg's codec name and the type of the box with the decoder configuration. */
export const CODECS = {
  av01: { codec: 'av1', config: 'av1C' },
  hvc1: { codec: 'hevc', config: 'hvcC' },
} as const;

/** A coded picture or tile. */
export interface CodedItem extends ItemProperties {
  id: number;
  kind: keyof typeof CODECS;
  location: ItemLocation;
}

/** The identity matrix, without rotation or mirroring. Its values are fixed-point 16.16, except the last column, which is 2.30. */
const IDENTITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);
const LANGUAGE_UNDETERMINED = 0x55c4;

/** Builds a stream with one tile per second. */
export function tilesTrack(tiles: readonly CodedItem[]): Track {
  const { width, height } = tiles[0]!;
  const count = tiles.length;
  return {
    kind: 'video',
    id: 1,
    flags: 3,
    alternateGroup: 0,
    volume: 0,
    matrix: IDENTITY_MATRIX,
    width: width * 0x10000,
    height: height * 0x10000,
    duration: count,
    media: { timescale: 1, duration: count, language: LANGUAGE_UNDETERMINED },
    edits: null,
    entry: sampleEntry(tiles[0]!),
    samples: {
      count,
      size: 0,
      sizes: u32(...tiles.map(({ location }) => location.bytes)),
      durations: u32(count, 1),
      offsets: null,
      keys: null,
      groups: [],
      chunks: {
        count,
        offsets: Float64Array.from(tiles, ({ location }) => location.from),
        bytes: Float64Array.from(tiles, ({ location }) => location.bytes),
        samples: new Uint32Array(count).fill(1),
      },
    },
  };
}

/** Builds the sample entry of a video (ISO/IEC 14496-12, 12.1.3). */
function sampleEntry({ kind, width, height, config, colors }: CodedItem): Buffer {
  const fixed = Buffer.alloc(78);
  fixed.writeUInt16BE(1, 6);
  fixed.writeUInt16BE(width, 24);
  fixed.writeUInt16BE(height, 26);
  fixed.writeUInt32BE(0x480000, 28);
  fixed.writeUInt32BE(0x480000, 32);
  fixed.writeUInt16BE(1, 40);
  fixed.writeUInt16BE(24, 74);
  fixed.writeUInt16BE(0xffff, 76);
  return makeBox(kind, fixed, config!, ...(colors ? [colors] : []));
}
