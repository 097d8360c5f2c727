import { copyRanges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import { soundFacts } from '../sound-facts.ts';
import type { Reading } from '../types.ts';
import { NotRewritable } from '../verdicts.ts';
import { type FrameHead, type FrameKind, findFrames } from './frames.ts';
import { readLeadingTags } from './pictures.ts';

/** ISO 14496-3, table 1.18. */
const RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
] as const;
const HEAD = 7;
const CHECKSUM = 2;
const SAMPLES_OF_BLOCK = 1024;

/** ISO 14496-3, 1.A.2: what stays the same in a stream is its form (version, profile, rate, channels). */
function readAdtsHead(bytes: Buffer, at: number): FrameHead | null {
  if (at + HEAD > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return null;
  const rate = RATES[(bytes[at + 2]! >> 2) & 15];
  if (rate === undefined) return null;
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  const hasChecksum = (bytes[at + 1]! & 1) === 0;
  if (length <= HEAD + (hasChecksum ? CHECKSUM : 0)) return null;
  // Without the bit for private use, and without that which says whether a checksum follows.
  const form = ((bytes[at + 1]! & 8) << 16) | ((bytes[at + 2]! & 0xfd) << 8) | (bytes[at + 3]! & 0xc0);
  return { bytes: length, form, samples: SAMPLES_OF_BLOCK * ((bytes[at + 6]! & 3) + 1), rate };
}

const ADTS: FrameKind = { headBytes: HEAD, read: readAdtsHead };

/** Reads AAC in ADTS frames; tags and what else lies between the frames are left out. */
export function readAdts(file: FileBytes): Reading {
  const { end, pictures } = readLeadingTags(file);
  // A tag before ADTS is rare, and one with a picture would be taken for an MP3 by its first bytes.
  if (pictures.length > 0) throw new NotRewritable('has cover art');
  const { ranges, seconds } = findFrames(file, end, ADTS);
  return {
    write: (out, mediaBytes) => copyRanges(file, out, ranges, mediaBytes),
    seconds,
    still: null,
    facts: soundFacts('aac', seconds),
  };
}
