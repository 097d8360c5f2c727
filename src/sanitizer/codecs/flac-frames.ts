import { BitReader, mustBe, unlessUnclear } from './bits.ts';
import type { Sound } from './types.ts';

/** Number of frames that are checked. ffprobe reads at most 50 frames of a stream whose first frame has a time. */
const ENOUGH = 64;
/** Maximum number of byte pairs that look like the start of a header. In 4 MiB of audio, about 130 pairs look like this by chance. */
const MAX_SYNCS = 10_000;
/** Number of bytes of the longest header, with its UTF-8 number and its checksum. */
const LONGEST_HEADER = 16;
const SYNC = 0x3ffe;
/** Sample rates in hertz by code (RFC 9639, 9.1.2); 0 for a rate that is not in this table. */
const RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
/** Bits per sample by code; 0 if they are as in the stream information; null if the code is reserved. */
const DEPTHS = [0, 8, 12, null, 16, 20, 24, 32];

/**
 * Throws `Unclear` unless the frames at the start of a stream match the description of the stream. FFmpeg trusts a frame's header more than
 * the stream information, and searches for headers, so all bytes that FFmpeg may mistake for a header must match too. `isAll` is true if
 * the stream ends with these bytes.
 */
export function requireFrames(bytes: Buffer, isAll: boolean, sound: Sound): void {
  mustBe(readHeader(bytes.subarray(0, LONGEST_HEADER)) !== null);
  let [count, left] = [0, MAX_SYNCS];
  for (let at = bytes.indexOf(0xff); at >= 0 && count < ENOUGH; at = bytes.indexOf(0xff, at + 1)) {
    if ((bytes[at + 1] ?? 0) >> 1 !== 0x7c) continue;
    mustBe(--left > 0);
    const header = readHeader(bytes.subarray(at, at + LONGEST_HEADER));
    if (!header) continue;
    count++;
    mustBe(header.channels === sound.channels && header.rate === sound.sampleRate);
    mustBe(header.depth === 0 || header.depth === sound.bitDepth);
  }
  mustBe(isAll || count >= ENOUGH);
}

/** Reads a header (RFC 9639, 9.1). Returns null for other bytes. */
function readHeader(bytes: Buffer): { channels: number; rate: number; depth: number } | null {
  return unlessUnclear(() => {
    const reader = new BitReader(bytes);
    mustBe(reader.bits(14) === SYNC && !reader.flag());
    reader.skip(1);
    const [blockCode, rateCode, channelCode, depthCode] = [
      reader.bits(4),
      reader.bits(4),
      reader.bits(4),
      reader.bits(3),
    ];
    const depth = DEPTHS[depthCode]!;
    mustBe(blockCode !== 0 && rateCode !== 15 && channelCode <= 10 && depth !== null && !reader.flag());
    skipNumber(reader);
    if (blockCode === 6 || blockCode === 7) reader.skip(8 * (blockCode - 5));
    const rate =
      rateCode === 12
        ? reader.bits(8) * 1000
        : rateCode === 13
          ? reader.bits(16)
          : rateCode === 14
            ? reader.bits(16) * 10
            : RATES[rateCode]!;
    const length = bytes.length - reader.left / 8;
    const checksum = reader.bits(8);
    mustBe(crc8(bytes.subarray(0, length)) === checksum);
    return { channels: channelCode < 8 ? channelCode + 1 : 2, rate, depth };
  });
}

/** Skips the number of the frame or sample, which is encoded as in UTF-8, with up to 36 bits. */
function skipNumber(reader: BitReader): void {
  const first = reader.bits(8);
  const ones = Math.clz32(~(first << 24));
  mustBe(ones !== 1 && ones <= 7);
  for (let left = ones - 1; left > 0; left--) mustBe(reader.bits(8) >> 6 === 2);
}

/** Returns the CRC of 8 bits with the polynomial 0x07 and the initial value 0. */
function crc8(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 0x80 ? ((value << 1) ^ 0x07) & 0xff : value << 1;
  }
  return value;
}
