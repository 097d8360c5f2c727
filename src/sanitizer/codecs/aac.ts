import { BitReader, mustBe } from './bits.ts';
import type { Sound } from './types.ts';

/** ISO 14496-3, table 1.18. */
const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;
/** Channels by configuration, ISO 14496-3, table 1.19. */
const CHANNELS = [null, 1, 2, 3, 4, 5, 6, 8] as const;
const LOW_COMPLEXITY = 2;
const SYNC_EXTENSION = 0x2b7;
const BAND_REPLICATION = 5;
/** Up to this rate a decoder may find in the first frame that the rate is doubled. */
const MAX_DOUBLED = 24_000;

/** Reads the decoder configuration of AAC (ISO 14496-3, 1.6.2.1). Throws `Unclear` for profiles other than LC. */
export function readAac(config: Buffer): Sound {
  const reader = new BitReader(config);
  mustBe(reader.bits(5) === LOW_COMPLEXITY);
  const sampleRate = RATES[reader.bits(4)];
  const channels = CHANNELS[reader.bits(4)];
  mustBe(sampleRate !== undefined && typeof channels === 'number');
  // Frames of 1024 samples, no core coder, no extension.
  mustBe(reader.bits(3) === 0);
  const isExtended = reader.left > 15;
  if (isExtended) mustBe(reader.bits(11) === SYNC_EXTENSION && reader.bits(5) === BAND_REPLICATION && !reader.flag());
  mustBe(isExtended || sampleRate > MAX_DOUBLED);
  return { codec: 'aac', profile: 'LC', channels, sampleRate, bitDepth: null };
}
