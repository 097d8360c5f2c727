import type { FrameHeader } from './frames.ts';

/** Bit rates of layer III in kilobits per second, by the index in the header (ISO 11172-3, 2.4.2.3, and ISO 13818-3). */
const BIT_RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BIT_RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];
/** Values of the version field. Version 2 halves the sample rates of version 1, and version 2.5 halves them again. */
const VERSION_1 = 3;
const VERSION_RESERVED = 1;
const VERSION_25 = 0;
const LAYER_III = 1;
const MONO = 3;

export interface Mp3Header extends FrameHeader {
  isVersion1: boolean;
  isMono: boolean;
  /** Bits per second. */
  bitRate: number;
}

/** Reads a frame header of MPEG 1, 2 or 2.5, layer III. Returns null for other data and for the free bit rate. */
export function readMp3Header(bytes: Buffer, at: number): Mp3Header | null {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) return null;
  const version = (bytes[at + 1]! >> 3) & 3;
  const layer = (bytes[at + 1]! >> 1) & 3;
  const rateIndex = (bytes[at + 2]! >> 2) & 3;
  if (version === VERSION_RESERVED || layer !== LAYER_III || rateIndex === 3) return null;
  const isVersion1 = version === VERSION_1;
  const bitRate = (isVersion1 ? BIT_RATES_1 : BIT_RATES_2)[bytes[at + 2]! >> 4];
  if (!bitRate) return null;
  const rate = RATES[rateIndex]! >> (isVersion1 ? 0 : version === VERSION_25 ? 2 : 1);
  const samples = isVersion1 ? 1152 : 576;
  const padding = (bytes[at + 2]! >> 1) & 1;
  const isMono = bytes[at + 3]! >> 6 === MONO;
  return {
    bytes: Math.floor((samples * 125 * bitRate) / rate) + padding,
    format: (version << 4) | (rateIndex << 2) | (isMono ? 1 : 0),
    samples,
    rate,
    isVersion1,
    isMono,
    bitRate: bitRate * 1000,
  };
}
