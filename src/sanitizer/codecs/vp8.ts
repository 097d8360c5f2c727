import { mustBe } from './bits.ts';
import type { Picture } from './types.ts';

const SYNC = 0x9d012a;
/**
 * Reads the first frame of VP8 (RFC 6386, 9.1), which must be a key frame without scaling. FFmpeg decodes no picture to describe such a
 * stream, so it takes colors from the container. `bytes` is the size of the entire frame.
 */
export function readVp8(frame: Buffer, bytes = frame.length): Picture {
  mustBe(frame.length > 10 && frame[0]! % 2 === 0 && frame.readUIntBE(3, 3) === SYNC);
  const profile = (frame[0]! >> 1) & 7;
  const [width, height] = [frame.readUInt16LE(6), frame.readUInt16LE(8)];
  const firstPart = frame.readUIntLE(0, 3) >> 5;
  mustBe(profile <= 3 && width < 0x4000 && height < 0x4000 && width > 0 && height > 0);
  mustBe(firstPart > 0 && firstPart + 10 < bytes);
  return {
    ...{ codec: 'vp8', profile: String(profile), width, height },
    ...{ pixelFormat: 'yuv420p', color: {}, aspect: null },
  };
}
