import { BitReader, mustBe } from './bits.ts';
import type { VorbisHead } from './xiph.ts';

/** Number of bytes at the end of the setup header that contain its modes. Encoders write one or two modes. */
const TAIL = 512;
/** Size in bits of the number of modes, which precedes the modes. */
const COUNT_BITS = 6;
/** Number of bits from the start of the header at which FFmpeg's search ends. */
const MARGIN = 97;
const MAX_MODES = 2;
const MAX_SEARCHED = 64;
const LAST_MODE = 63;
/** Bits of the first byte of a packet that mark a header packet, the second mode, and a long previous block. */
const [HEADER, MODE, AFTER_LONG] = [1, 2, 4];

/**
 * Returns whether the blocks of each mode are long. Searches backwards from the end of the setup header, as FFmpeg does, because the code
 * books before the modes would have to be decoded. Throws `Unclear` if there may be more than two modes.
 */
export function readVorbisModes(setup: Buffer): boolean[] {
  mustBe(setup.length > TAIL && setup.toString('latin1', 0, 7) === '\x05vorbis');
  // Vorbis packs bits from the least significant bit, so the reversed bytes begin with the last bit.
  const reader = new BitReader(Buffer.from(setup.subarray(-TAIL)).reverse());
  while (!reader.flag()) mustBe(reader.left > MARGIN);
  const found: boolean[] = [];
  let modes: boolean[] | null = null;
  while (found.length < MAX_SEARCHED) {
    mustBe(reader.left >= MARGIN);
    // Mapping, transform and window. FFmpeg takes other values for the end of the modes.
    if (reader.bits(8) > LAST_MODE || reader.bits(16) !== 0 || reader.bits(16) !== 0) break;
    found.push(reader.flag());
    if (reader.peek(COUNT_BITS)! + 1 === found.length) modes = [...found];
  }
  mustBe(modes !== null && modes.length <= MAX_MODES);
  return modes.reverse();
}

/**
 * Returns the number of samples by which a sequence of packets advances the stream. The first packet counts as if it followed a short
 * block.
 */
export function vorbisSamples(
  { blocks: [short, long] }: VorbisHead,
  modes: readonly boolean[],
  heads: Buffer[],
): number {
  let [samples, before] = [0, short];
  for (const head of heads) {
    const byte = head[0];
    mustBe(byte !== undefined && (byte & HEADER) === 0);
    const isLong = modes[modes.length === 1 ? 0 : (byte & MODE) / MODE]!;
    if (isLong) before = byte & AFTER_LONG ? long : short;
    const block = isLong ? long : short;
    samples += Math.floor((before + block) / 4);
    before = block;
  }
  return samples;
}
