import { copyRanges } from '../copy-ranges.ts';
import type { FileBytes, FileOut } from '../file-bytes.ts';
import { refuseLength } from '../limits.ts';
import { NotRewritable } from '../verdicts.ts';
import { type FrameHead, type FrameKind, findFrames } from './frames.ts';
import { readLeadingTags, writePictures } from './pictures.ts';
import { readVbrHead } from './vbr-head.ts';

/** ISO 11172-3, 2.4.2.3, and 13818-3: kilobits a second of layer III, by the index in the head. */
const BIT_RATES_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const BIT_RATES_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const RATES = [44_100, 48_000, 32_000];
/** Values of the version field: 2.5 is a later half of the rates of 2, which are half of those of 1. */
const VERSION_1 = 3;
const VERSION_RESERVED = 1;
const VERSION_25 = 0;
const LAYER_III = 1;
const MONO = 3;

export interface Mp3Head extends FrameHead {
  isVersion1: boolean;
  isMono: boolean;
}

/** The head of a frame of MPEG 1, 2 or 2.5, layer III. Frames of a free length have none. */
export function readMp3Head(bytes: Buffer, at: number): Mp3Head | null {
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
    form: (version << 4) | (rateIndex << 2) | (isMono ? 1 : 0),
    samples,
    rate,
    isVersion1,
    isMono,
  };
}

const MP3: FrameKind = { headBytes: 4, read: readMp3Head };

/**
 * Reads an MP3: cover art, what its first frame tells of delay and length, and where the frames of sound stand. Tags and
 * what else lies between the frames are left out.
 */
export function readMp3(file: FileBytes): (out: FileOut, mediaBytes: number | null) => void {
  const { end, pictures } = readLeadingTags(file);
  const first = end + 4 <= file.size ? readMp3Head(file.read(end, 4), 0) : null;
  const vbr = first ? readVbrHead(file, end, first) : null;
  const sound = findFrames(file, vbr ? end + first!.bytes : end, MP3);
  if (vbr && sound.head.form !== first!.form)
    throw new NotRewritable('tells of a length in another measure than its own');
  const start = sound.ranges.from[0]!;
  // FFmpeg looks for the tag of delays in the first frame only where nothing stands before it.
  if (!vbr && start !== end && readVbrHead(file, start, sound.head as Mp3Head)) {
    throw new NotRewritable('begins with other data');
  }
  if (vbr) refuseLength((vbr.frames * sound.head.samples) / sound.head.rate);
  return (out, mediaBytes) => {
    writePictures(file, out, pictures);
    if (vbr) out.write(vbr.frame);
    copyRanges(file, out, sound.ranges, mediaBytes);
  };
}
