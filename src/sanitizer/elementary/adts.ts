import type { MediaInfo } from '../../ffmpeg/index.ts';
import { audioFacts } from '../audio-facts.ts';
import { AAC_RATES, mayEndWithBands, readAdtsSound, requireElement } from '../codecs/aac.ts';
import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import { scaled } from '../codecs/rational.ts';
import { copyRanges, type Ranges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import { soundInfo } from '../streams.ts';
import type { Reading } from '../types.ts';
import { NotRewritable } from '../verdicts.ts';
import { type FoundFrames, type FrameHeader, type FrameKind, findFrames } from './frames.ts';
import { readLeadingTags } from './pictures.ts';
import { endsLikeTag } from './tags.ts';

const HEAD = 7;
const CHECKSUM = 2;
const SAMPLES_OF_BLOCK = 1024;

/**
 * Reads the header of an ADTS frame (ISO 14496-3, 1.A.2). `format` consists of the fields that stay the same within a stream: version,
 * profile, rate, channels.
 */
function readAdtsHeader(bytes: Buffer, at: number): FrameHeader | null {
  if (at + HEAD > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xf6) !== 0xf0) return null;
  const rate = AAC_RATES[(bytes[at + 2]! >> 2) & 15];
  if (rate === undefined) return null;
  const length = ((bytes[at + 3]! & 3) << 11) | (bytes[at + 4]! << 3) | (bytes[at + 5]! >> 5);
  if (length <= HEAD + (hasChecksum(bytes, at) ? CHECKSUM : 0)) return null;
  // Excludes the private bit and the bit that announces a checksum.
  const format = ((bytes[at + 1]! & 8) << 16) | ((bytes[at + 2]! & 0xfd) << 8) | (bytes[at + 3]! & 0xc0);
  return { bytes: length, format, samples: SAMPLES_OF_BLOCK * ((bytes[at + 6]! & 3) + 1), rate };
}

function hasChecksum(bytes: Buffer, at: number): boolean {
  return (bytes[at + 1]! & 1) === 0;
}

const ADTS: FrameKind = { headerBytes: HEAD, read: readAdtsHeader };

/** Reads AAC in ADTS frames. Drops tags and any other data between the frames. */
export function readAdts(file: FileBytes): Reading {
  const { end, pictures } = readLeadingTags(file);
  // Tags before ADTS are rare. A file that begins with a picture is detected as an MP3.
  if (pictures.length > 0) throw new NotRewritable('has cover art');
  const audio = findFrames(file, end, ADTS);
  const { ranges, seconds } = audio;
  return {
    write: (out, mediaBytes) => copyRanges(file, out, ranges, mediaBytes),
    seconds,
    still: null,
    facts: audioFacts('aac', seconds),
    describe: () => describeAdts(file, audio),
  };
}

/** Number of frames that ffprobe reads of a stream without times. */
const FIRST_FRAMES = 50;
const LEAST_FRAMES = 2;
/** FFmpeg's time scale of ADTS: a multiple of all sample rates. */
const TIMESCALE = 28_224_000;

/**
 * Returns the facts that ffprobe would report about the rewritten file; null if they are unclear. ffprobe estimates the length of the file
 * from the bit rate of the first frames.
 */
function describeAdts(file: FileBytes, { ranges, bytes }: FoundFrames): MediaInfo | null {
  return unlessUnclear(() => {
    const sound = readAdtsSound(file.read(ranges.from[0]!, HEAD));
    const bitRate = meanBitRate(file, ranges, sound.channels);
    const last = ranges.count - 1;
    mustBe(!endsLikeTag(file, ranges.from[last]!, ranges.bytes[last]!));
    const duration = scaled(bytes, 8 * TIMESCALE, bitRate);
    return soundInfo({ demuxer: 'aac', sizeBytes: file.size }, sound, { duration, timescale: TIMESCALE, bitRate });
  });
}

/** Returns the mean bit rate of the first frames in bits per second, rounded after each frame, as FFmpeg's parser does. */
function meanBitRate(file: FileBytes, { count, from, bytes }: Ranges, channels: number): number {
  let [mean, frames] = [0, 0];
  for (let range = 0; range < count; range++) {
    const end = from[range]! + bytes[range]!;
    for (let at = from[range]!; at + HEAD <= end && frames < FIRST_FRAMES; ) {
      const head = readAdtsHeader(file.read(at, HEAD), 0);
      mustBe(head !== null && head.samples === SAMPLES_OF_BLOCK && head.bytes * 8 * head.rate < 2 ** 31);
      // The last frame may be truncated.
      if (at + head.bytes > end) break;
      const block = blockOf(file.read(at, head.bytes));
      requireElement(block, channels);
      mustBe(frames > 0 || !mayEndWithBands(block));
      const bitRate = Math.trunc((head.bytes * 8 * head.rate) / head.samples);
      mean += Math.trunc((bitRate - mean) / ++frames);
      at += head.bytes;
    }
  }
  mustBe(frames >= LEAST_FRAMES && mean > 0);
  return mean;
}

function blockOf(frame: Buffer): Buffer {
  return frame.subarray(HEAD + (hasChecksum(frame, 0) ? CHECKSUM : 0));
}
