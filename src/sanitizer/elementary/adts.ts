import { audioFacts } from '../audio-facts.ts';
import { copyRanges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import type { Reading } from '../types.ts';
import { NotRewritable } from '../verdicts.ts';
import { type FrameHeader, type FrameKind, findFrames } from './frames.ts';
import { readLeadingTags } from './pictures.ts';

/** ISO 14496-3, table 1.18. */
const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;
const HEAD = 7;
const CHECKSUM = 2;
const SAMPLES_OF_BLOCK = 1024;

/** ISO 14496-3, 1.A.2. The format is what stays the same within a stream: version, profile, rate, channels. */
function readAdtsHeader(bytes: Buffer, at: number): FrameHeader | null {
  if (at + HEAD > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return null;
  const rate = RATES[(bytes[at + 2]! >> 2) & 15];
  if (rate === undefined) return null;
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  const hasChecksum = (bytes[at + 1]! & 1) === 0;
  if (length <= HEAD + (hasChecksum ? CHECKSUM : 0)) return null;
  // Without the private bit, and without the bit that announces a checksum.
  const format = ((bytes[at + 1]! & 8) << 16) | ((bytes[at + 2]! & 0xfd) << 8) | (bytes[at + 3]! & 0xc0);
  return { bytes: length, format, samples: SAMPLES_OF_BLOCK * ((bytes[at + 6]! & 3) + 1), rate };
}

const ADTS: FrameKind = { headerBytes: HEAD, read: readAdtsHeader };

/** Reads AAC in ADTS frames; drops tags and any other data between the frames. */
export function readAdts(file: FileBytes): Reading {
  const { end, pictures } = readLeadingTags(file);
  // Tags before ADTS are rare, and a file that begins with a picture is detected as an MP3.
  if (pictures.length > 0) throw new NotRewritable('has cover art');
  const { ranges, seconds } = findFrames(file, end, ADTS);
  return {
    write: (out, mediaBytes) => copyRanges(file, out, ranges, mediaBytes),
    seconds,
    still: null,
    facts: audioFacts('aac', seconds),
  };
}
