import { BitReader, mustBe } from './bits.ts';
import { colorRange } from './color.ts';
import { type Picture, planarFormat } from './types.ts';

const SYNC = 0x498342;
/** FFmpeg's names for `color_space` (VP9 bitstream specification, 7.2.2). The last color space is RGB, which is rare. */
const SPACES = [null, 'bt470bg', 'bt709', 'smpte170m', 'smpte240m', 'bt2020nc', 'reserved'] as const;

/** Reads the first frame of VP9 (6.2), which must be a key frame. */
export function readVp9(frame: Buffer): Picture {
  const reader = new BitReader(frame.subarray(0, 64));
  mustBe(reader.bits(2) === 2);
  const profile = reader.bits(1) + 2 * reader.bits(1);
  if (profile === 3) mustBe(!reader.flag());
  // Reject a frame that shows an existing frame or is not a key frame.
  mustBe(!reader.flag() && !reader.flag());
  reader.skip(2);
  mustBe(reader.bits(24) === SYNC);
  const depth = profile < 2 ? 8 : 10 + 2 * reader.bits(1);
  const space = SPACES[reader.bits(3)];
  mustBe(space !== undefined);
  const range = colorRange(reader.flag());
  let chroma: '420' | '422' | '444' = '420';
  if (profile % 2 === 1) {
    const isHalved = [reader.flag(), reader.flag()];
    mustBe(!isHalved[1] && !reader.flag());
    chroma = isHalved[0] ? '422' : '444';
  }
  const [width, height] = [reader.bits(16) + 1, reader.bits(16) + 1];
  return {
    ...{ codec: 'vp9', profile: `Profile ${profile}`, width, height },
    ...{ pixelFormat: planarFormat(chroma, depth), color: { colorSpace: space, colorRange: range }, aspect: null },
  };
}

/** Number of bits that state which reference frames a frame replaces, and number of references of a frame. */
const REPLACED_BITS = 8;
const REFERENCES = 3;
const RGB = 7;

/** Reads the size that a frame declares (6.2, 7.2); null if it has the size of an earlier frame. */
export function readVp9Size(frame: Buffer): { width: number; height: number } | null {
  const reader = new BitReader(frame.subarray(0, 64));
  mustBe(reader.bits(2) === 2);
  const profile = reader.bits(1) + 2 * reader.bits(1);
  if (profile === 3) mustBe(!reader.flag());
  if (reader.flag()) return null;
  if (!reader.flag()) return readVp9(frame);
  const isShown = reader.flag();
  const isResilient = reader.flag();
  const isIntra = !isShown && reader.flag();
  if (!isResilient) reader.skip(2);
  if (isIntra) {
    mustBe(reader.bits(24) === SYNC);
    if (profile > 0) skipColors(reader, profile);
  }
  reader.skip(REPLACED_BITS);
  if (!isIntra) {
    reader.skip(REFERENCES * 4);
    for (let left = REFERENCES; left > 0; left--) if (reader.flag()) return null;
  }
  return { width: reader.bits(16) + 1, height: reader.bits(16) + 1 };
}

function skipColors(reader: BitReader, profile: number): void {
  if (profile >= 2) reader.skip(1);
  const isRgb = reader.bits(3) === RGB;
  if (!isRgb) reader.skip(1);
  if (profile % 2 === 1) reader.skip(isRgb ? 1 : 3);
}
