import type { MediaInfo } from '../../ffmpeg/index.ts';
import { audioFacts } from '../audio-facts.ts';
import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import { scaled } from '../codecs/rational.ts';
import { copyRanges, type Ranges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import { checkLength } from '../limits.ts';
import { soundInfo } from '../streams.ts';
import type { Reading } from '../types.ts';
import { NotRewritable } from '../verdicts.ts';
import { withCover } from './cover.ts';
import { type FoundFrames, type FrameKind, findFrames } from './frames.ts';
import { type Mp3Header, readMp3Header } from './mp3-header.ts';
import { type Picture, readLeadingTags, writePictures } from './pictures.ts';
import { readVbrHeader, type VbrHeader } from './vbr-header.ts';

const MP3: FrameKind = { headerBytes: 4, read: readMp3Header };

/** Maximum seconds by which the declared frames of a complete file exceed its frames. */
const ROUNDED_SECONDS = 0.1;

/**
 * Reads an MP3: cover art, the encoder delay and length in its first frame, and the positions of its audio frames.
 * Drops tags and any other data between the frames.
 */
export function readMp3(file: FileBytes): Reading {
  const { end, pictures } = readLeadingTags(file);
  const first = end + 4 <= file.size ? readMp3Header(file.read(end, 4), 0) : null;
  const vbr = first ? readVbrHeader(file, end, first) : null;
  const audio = findFrames(file, vbr ? end + first!.bytes : end, MP3);
  if (vbr && audio.head.format !== first!.format)
    throw new NotRewritable('has a VBR header of another format than its frames');
  const start = audio.ranges.from[0]!;
  // FFmpeg reads the encoder delay from the first frame only if nothing precedes that frame.
  if (!vbr && start !== end && readVbrHeader(file, start, audio.head as Mp3Header)) {
    throw new NotRewritable('begins with other data');
  }
  const declaredSeconds = vbr ? (vbr.frames * audio.head.samples) / audio.head.rate : 0;
  checkLength(declaredSeconds);
  return {
    write(out, mediaBytes) {
      writePictures(file, out, pictures);
      if (vbr) out.write(vbr.frame);
      copyRanges(file, out, audio.ranges, mediaBytes);
    },
    seconds: audio.seconds,
    ...(declaredSeconds > audio.seconds + ROUNDED_SECONDS && {
      corrections: () => ({ truncation: { declaredSeconds } }),
    }),
    still: null,
    facts: pictures.length === 0 ? audioFacts('mp3', audio.seconds) : null,
    describe: () => describeMp3(file, audio, vbr, pictures),
  };
}

/** Number of frames that are read. ffprobe reads at most 50 frames of a stream whose first frame has a time. */
const FIRST_FRAMES = 64;
const LEAST_FRAMES = 4;
/** FFmpeg's time scale of MP3: a multiple of all sample rates. */
const TIMESCALE = 14_112_000;

/**
 * Returns the facts that ffprobe would report about the rewritten file; null if they are unclear. ffprobe reads the length of the file from
 * the VBR header, or estimates it.
 */
function describeMp3(
  file: FileBytes,
  audio: FoundFrames,
  vbr: VbrHeader | null,
  pictures: readonly Picture[],
): MediaInfo | null {
  return unlessUnclear(() => {
    const { samples, rate, isMono } = audio.head as Mp3Header;
    const sound = { codec: 'mp3', profile: null, channels: isMono ? 1 : 2, sampleRate: rate, bitDepth: null };
    const ofFile = { demuxer: 'mp3', sizeBytes: file.size };
    const constant = constantRate(file, audio.ranges);
    if (!vbr) {
      // The length is an estimate from the size of the file, which includes covers.
      mustBe(pictures.length === 0);
      mustBe(constant !== null && beginsAlike(file, audio.ranges.from[0]!));
      const duration = scaled(audio.bytes, 8 * TIMESCALE, constant);
      return soundInfo(ofFile, sound, { duration, timescale: TIMESCALE, bitRate: constant });
    }
    const { frames, bytes, isConstant } = vbr;
    mustBe(frames > 0);
    const duration = frames * samples;
    const bitRate = bytes > 0 && !isConstant ? scaled(bytes, 8 * rate, duration) : constant;
    mustBe(bitRate !== null && bitRate > 0);
    const info = soundInfo(ofFile, sound, { duration, bitRate });
    return pictures.length === 0 ? info : withCover(info, file, pictures);
  });
}

/** Bits of a header that FFmpeg expects to be constant within a stream: all bits except the bit rate, padding, and joint stereo. */
const SAME_BITS = 0xfffe0ccf;

/** Whether the first two frames are of the same kind: FFmpeg treats everything before two such frames as other data. */
function beginsAlike(file: FileBytes, at: number): boolean {
  const first = Buffer.from(file.read(at, MP3.headerBytes));
  const second = file.read(at + readMp3Header(first, 0)!.bytes, MP3.headerBytes);
  return ((first.readUInt32BE(0) ^ second.readUInt32BE(0)) & SAME_BITS) === 0;
}

/**
 * Returns the bit rate of the first frames in bits per second; null if their bit rates differ. Throws `Unclear` if data between these
 * frames was dropped.
 */
function constantRate(file: FileBytes, { count, from, bytes }: Ranges): number | null {
  const end = from[0]! + bytes[0]!;
  const rates = new Set<number>();
  let found = 0;
  for (let at = from[0]!; at + MP3.headerBytes <= end && found < FIRST_FRAMES; found++) {
    const head = readMp3Header(file.read(at, MP3.headerBytes), 0);
    mustBe(head !== null);
    rates.add(head.bitRate);
    at += head.bytes;
  }
  mustBe(found >= LEAST_FRAMES && (found === FIRST_FRAMES || count === 1));
  return rates.size === 1 ? [...rates][0]! : null;
}
