import type { MediaInfo } from '../../ffmpeg/index.ts';
import { frameTiming } from '../../ffmpeg/plan/time/frame-timing.ts';
import { sampleAspect } from '../../ffmpeg/probe/display-size.ts';
import { mustBe } from '../codecs/bits.ts';
import { NO_COLOR } from '../codecs/color.ts';
import { scaled } from '../codecs/rational.ts';
import type { FileBytes } from '../file-bytes.ts';
import { movieInfo, videoStream } from '../streams.ts';

const SIGNATURES: readonly string[] = ['GIF87a', 'GIF89a'];
/** Number of bytes of the signature and the description of the screen. */
const HEAD = 13;
const EXTENSION = 0x21;
const IMAGE = 0x2c;
const TRAILER = 0x3b;
const CONTROL = 0xf9;
const APPLICATION = 0xff;
const HAS_COLORS = 0x80;
/** Maximum number of blocks of at most 255 bytes. A file of 500 MB has about two million blocks. */
const MAX_BLOCKS = 4_000_000;
/** Hundredths of a second for which FFmpeg shows a frame that declares no delay. */
const DEFAULT_DELAY = 10;
const UNITS = 100;

/** Returns the facts that ffprobe would report about a GIF, which ffprobe derives only from the structure. Throws `Unclear`. */
export function readGif(file: FileBytes): MediaInfo {
  mustBe(file.size > HEAD);
  const head = Buffer.from(file.read(0, HEAD));
  mustBe(SIGNATURES.includes(head.toString('latin1', 0, 6)));
  const width = head.readUInt16LE(6);
  const height = head.readUInt16LE(8);
  const ratio = head[12]!;
  const { times, units } = readTimes(file, HEAD + colorBytes(head[10]!));
  const frames = times.length;
  mustBe(frames > 0 && units >= 0);
  const perFrame = Math.floor(units / frames);
  mustBe(frames === 1 || perFrame > 0);
  const picture = { codec: 'gif', profile: null, width, height, pixelFormat: 'bgra', color: {}, aspect: null };
  const stream = videoStream(0, picture, {
    ...{ color: NO_COLOR, rotation: 0, bitRate: null, isDefault: false, frames, durationSeconds: units / UNITS },
    aspect: ratio === 0 ? null : sampleAspect(ratio + 15, 64),
    frameRate: perFrame > 0 ? UNITS / perFrame : null,
    timing: frameTiming(Float64Array.from(times), UNITS),
  });
  const isImage = frames === 1;
  mustBe(!isImage || units > 0);
  const microseconds = scaled(units, 1_000_000, UNITS);
  const info = movieInfo({ container: 'gif', demuxer: 'gif', sizeBytes: file.size, microseconds }, [stream], []);
  return { ...info, ...(isImage && { durationSeconds: null }), isImage, isAnimated: !isImage };
}

/**
 * Returns the times of the frames, and the sum of their delays, in hundredths of a second. Throws `Unclear` unless the trailer ends the
 * file.
 */
function readTimes(file: FileBytes, from: number): { times: number[]; units: number } {
  let at = from;
  let time = 0;
  let units = 0;
  let left = MAX_BLOCKS;
  const times: number[] = [];
  const byte = (position: number): number => {
    mustBe(position < file.size);
    return file.read(position, 1)[0]!;
  };
  /** Returns the offset after the blocks that begin at the given offset. */
  const skipBlocks = (start: number): number => {
    let position = start;
    for (let size = byte(position); size !== 0; size = byte(position)) {
      mustBe(--left > 0);
      position += 1 + size;
    }
    return position + 1;
  };
  for (let type = byte(at); type !== TRAILER; type = byte(at)) {
    mustBe(--left > 0);
    if (type === EXTENSION) {
      const label = byte(at + 1);
      const size = byte(at + 2);
      if (label === CONTROL) {
        mustBe(size === 4 && at + 6 < file.size);
        time = units;
        units += file.read(at + 4, 2).readUInt16LE(0) || DEFAULT_DELAY;
      }
      // FFmpeg stops at an empty block of this kind.
      if (label === APPLICATION) mustBe(size > 0 && byte(at + 3 + size) > 0);
      at = skipBlocks(at + 2);
    } else {
      mustBe(type === IMAGE);
      times.push(time);
      at = skipBlocks(at + 11 + colorBytes(byte(at + 9)));
    }
  }
  mustBe(at + 1 === file.size);
  return { times, units };
}

/** Returns the number of bytes of a color table. */
function colorBytes(flags: number): number {
  return flags & HAS_COLORS ? 3 * 2 ** ((flags & 7) + 1) : 0;
}
