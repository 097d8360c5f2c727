import { audioFacts } from '../audio-facts.ts';
import { copyRanges } from '../copy-ranges.ts';
import type { FileBytes } from '../file-bytes.ts';
import { refuseLength } from '../limits.ts';
import type { Reading } from '../types.ts';
import { NotRewritable } from '../verdicts.ts';
import { type FrameKind, findFrames } from './frames.ts';
import { type Mp3Header, readMp3Header } from './mp3-header.ts';
import { readLeadingTags, writePictures } from './pictures.ts';
import { readVbrHeader } from './vbr-header.ts';

const MP3: FrameKind = { headerBytes: 4, read: readMp3Header };

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
  if (vbr) refuseLength((vbr.frames * audio.head.samples) / audio.head.rate);
  return {
    write(out, mediaBytes) {
      writePictures(file, out, pictures);
      if (vbr) out.write(vbr.frame);
      copyRanges(file, out, audio.ranges, mediaBytes);
    },
    seconds: audio.seconds,
    still: null,
    facts: pictures.length === 0 ? audioFacts('mp3', audio.seconds) : null,
  };
}
