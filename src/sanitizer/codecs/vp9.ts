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
