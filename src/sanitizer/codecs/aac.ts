import { BitReader, mustBe } from './bits.ts';
import type { Sound } from './types.ts';

/** Sample rates in hertz by code, ISO 14496-3, table 1.18. */
export const AAC_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;
/** Numbers of channels by configuration, ISO 14496-3, table 1.19. */
const CHANNELS = [null, 1, 2, 3, 4, 5, 6, 8] as const;
const LOW_COMPLEXITY = 2;
const SYNC_EXTENSION = 0x2b7;
const BAND_REPLICATION = 5;
/** Maximum sample rate in hertz that a decoder may double after it has read the first frame. */
const MAX_DOUBLED = 24_000;
/** Number of the profile LC in ADTS, ISO 14496-3, table 1.A.6. */
const ADTS_LOW_COMPLEXITY = 1;
/** Codes of syntactic elements, ISO 14496-3, table 4.85. */
const [SINGLE, PAIR, FILL] = [0, 1, 6];
/** Types of extension payloads with replicated bands, ISO 14496-3, table 4.121. */
const BANDS: ReadonlySet<number> = new Set([13, 14]);
/** Minimum length in bytes of a filler whose length needs another eight bits. */
const MANY = 15;
/** Number of bits before the end of a frame in which the reader searches for fillers: the bits of the longest filler, and a margin. */
const MAX_SEARCHED = 8 * 512;

/** Reads the decoder configuration of AAC (ISO 14496-3, 1.6.2.1). Throws `Unclear` for profiles other than LC. */
export function readAac(config: Buffer): Sound {
  const reader = new BitReader(config);
  mustBe(reader.bits(5) === LOW_COMPLEXITY);
  const sampleRate = AAC_RATES[reader.bits(4)];
  const channels = CHANNELS[reader.bits(4)];
  mustBe(sampleRate !== undefined && typeof channels === 'number');
  // Require frames of 1024 samples, no core coder, and no extension.
  mustBe(reader.bits(3) === 0);
  const isExtended = reader.left > 15;
  if (isExtended) mustBe(reader.bits(11) === SYNC_EXTENSION && reader.bits(5) === BAND_REPLICATION && !reader.flag());
  mustBe(isExtended || sampleRate > MAX_DOUBLED);
  return { codec: 'aac', profile: 'LC', channels, sampleRate, bitDepth: null };
}

/**
 * Reads the header of an ADTS frame (ISO 14496-3, 1.A.2.2). Throws `Unclear` for profiles other than LC, and for rates that may be doubled,
 * because only a decoder can find that out.
 */
export function readAdtsSound(header: Buffer): Sound {
  const [profile, sampleRate] = [header[2]! >> 6, AAC_RATES[(header[2]! >> 2) & 15]];
  const channels = CHANNELS[((header[2]! & 1) << 2) | (header[3]! >> 6)];
  mustBe(profile === ADTS_LOW_COMPLEXITY && sampleRate !== undefined && typeof channels === 'number');
  mustBe(sampleRate > MAX_DOUBLED);
  return { codec: 'aac', profile: 'LC', channels, sampleRate, bitDepth: null };
}

/**
 * Throws `Unclear` unless the first element of a frame has as many channels as the header of the stream implies. FFmpeg uses the channels
 * of the element: it reads a pair in a stream of one channel as two channels.
 */
export function requireElement(block: Buffer, channels: number): void {
  const reader = new BitReader(block);
  let element = reader.bits(3);
  // Encoders write their name into a filler.
  for (; element === FILL; element = reader.bits(3)) {
    const bytes = fillBytes(reader);
    mustBe(bytes === 0 || !BANDS.has(reader.peek(4) ?? 0));
    reader.skip(8 * bytes);
  }
  mustBe(element === (channels === 2 ? PAIR : SINGLE));
}

function fillBytes(reader: BitReader): number {
  const short = reader.bits(4);
  return short < MANY ? short : short + reader.bits(8) - 1;
}

/**
 * Whether the bits before the end of a frame can be read as fillers, one of which contains replicated bands. Replicated bands double the
 * rate if they are in the first frame of a stream. Reading the bits before the fillers would require a decoder.
 */
export function mayEndWithBands(block: Buffer): boolean {
  const bitAt = (at: number) => (block[at >> 3]! >> (7 - (at & 7))) & 1;
  let last = block.length * 8 - 1;
  while (last > 0 && bitAt(last) === 0) last--;
  const bitsAt = (at: number, count: number) => {
    let value = 0;
    for (let bit = at; bit < at + count; bit++) value = value * 2 + bitAt(bit);
    return value;
  };
  // The end of a frame is an element of three ones.
  const end = last - 2;
  const lowest = Math.max(0, end - MAX_SEARCHED);
  const starts = new Set([end]);
  for (let at = end - 7; at >= lowest; at--) {
    if (bitsAt(at, 3) !== FILL) continue;
    const short = bitsAt(at + 3, 4);
    if (short === MANY && at + 15 > end) continue;
    const [from, bytes] = short < MANY ? [at + 7, short] : [at + 15, short + bitsAt(at + 7, 8) - 1];
    if (!starts.has(from + 8 * bytes)) continue;
    if (bytes > 0 && BANDS.has(bitsAt(from, 4))) return true;
    starts.add(at);
  }
  return false;
}
