import { copyRanges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import { refuseLength } from '../limits.ts';
import { soundFacts } from '../sound-facts.ts';
import type { Reading } from '../types.ts';
import { NotRewritable } from '../verdicts.ts';
import { type FrameKind, findFrames } from './frames.ts';
import { type Mp3Head, readMp3Head } from './mp3-head.ts';
import { readLeadingTags, writePictures } from './pictures.ts';
import { readVbrHead } from './vbr-head.ts';

const MP3: FrameKind = { headBytes: 4, read: readMp3Head };

/**
 * Reads an MP3: cover art, the delay and length in its first frame, and where the frames of sound are. Tags and
 * what else lies between the frames are left out.
 */
export function readMp3(file: FileBytes): Reading {
  const { end, pictures } = readLeadingTags(file);
  const first = end + 4 <= file.size ? readMp3Head(file.read(end, 4), 0) : null;
  const vbr = first ? readVbrHead(file, end, first) : null;
  const sound = findFrames(file, vbr ? end + first!.bytes : end, MP3);
  if (vbr && sound.head.form !== first!.form) throw new NotRewritable('states its length in a different measure');
  const start = sound.ranges.from[0]!;
  // FFmpeg reads the tag of delays in the first frame only where nothing precedes it.
  if (!vbr && start !== end && readVbrHead(file, start, sound.head as Mp3Head)) {
    throw new NotRewritable('begins with other data');
  }
  if (vbr) refuseLength((vbr.frames * sound.head.samples) / sound.head.rate);
  return {
    write(out, mediaBytes) {
      writePictures(file, out, pictures);
      if (vbr) out.write(vbr.frame);
      copyRanges(file, out, sound.ranges, mediaBytes);
    },
    seconds: sound.seconds,
    still: null,
    facts: pictures.length === 0 ? soundFacts('mp3', sound.seconds) : null,
  };
}
