import type { FileBytes } from '../file-bytes.ts';
import { NotRewritable } from '../verdicts.ts';
import type { Mp3Head } from './mp3-head.ts';

/*
 * The first frame of many MP3s holds no sound but what a player cannot know otherwise: how many frames there are, and how
 * many samples of the encoder's are to be cut at both ends. Xing's form, LAME's addition to it, and Fraunhofer's VBRI.
 */

export interface VbrHead {
  /** The frame, rebuilt. */
  frame: Buffer;
  /** Frames of sound that it declares; 0 = not stated. */
  frames: number;
}

const FRAME_HEAD = 4;
const VBRI_AT = FRAME_HEAD + 32;
const VBRI_BYTES = 26;
const HAS_FRAMES = 1;
const HAS_BYTES = 2;
const HAS_TABLE = 4;
const HAS_QUALITY = 8;
const TABLE_BYTES = 100;
/** From the encoder's name to the checksum. */
const LAME_BYTES = 36;
/** Places in it: two loudnesses and a peak, and the delays. */
const LOUDNESS = { at: 11, bytes: 8 };
const DELAYS = { at: 21, bytes: 3 };
/** Names behind which FFmpeg believes the delays. */
const ENCODERS = ['LAME', 'Lavf', 'Lavc'];

/** Null = the frame is one of sound. */
export function readVbrHead(file: FileBytes, at: number, head: Mp3Head): VbrHead | null {
  const frame = Buffer.from(file.read(at, Math.min(head.bytes, file.size - at)));
  const side = head.isVersion1 ? (head.isMono ? 17 : 32) : head.isMono ? 9 : 17;
  const name = text(frame, FRAME_HEAD + side);
  const isVbri = text(frame, VBRI_AT) === 'VBRI';
  if (name !== 'Xing' && name !== 'Info') return isVbri ? readVbri(frame) : null;
  if (isVbri) throw new NotRewritable('states its length twice');
  if (frame.length < head.bytes) throw new NotRewritable('is cut off in its first frame');
  // What FFmpeg takes as the size of the sound: it believes no count of frames in a file that is much larger.
  return readXing(frame, FRAME_HEAD + side, file.size - at - FRAME_HEAD);
}

function text(frame: Buffer, at: number): string {
  return frame.toString('latin1', at, at + 4);
}

function readXing(frame: Buffer, tagAt: number, sizeOfRest: number): VbrHead {
  const made = Buffer.alloc(frame.length);
  const keep = (at: number, bytes: number): number => {
    if (at + bytes > frame.length)
      throw new NotRewritable('states more about its length than its first frame contains');
    frame.copy(made, at, at, at + bytes);
    return at + bytes;
  };
  keep(0, FRAME_HEAD);
  let at = keep(tagAt, 8);
  const flags = frame[tagAt + 7]! & (HAS_FRAMES | HAS_BYTES | HAS_TABLE | HAS_QUALITY);
  made.writeUInt32BE(flags, tagAt + 4);
  const number = (flag: number): { at: number; value: number } => {
    if (!(flags & flag)) return { at: -1, value: 0 };
    at = keep(at, 4);
    return { at: at - 4, value: frame.readUInt32BE(at - 4) };
  };
  const frames = number(HAS_FRAMES);
  const bytes = number(HAS_BYTES);
  if (frames.value === 0 && bytes.value === 0)
    throw new NotRewritable('begins with an information frame without a length');
  if (isMuchLarger(sizeOfRest, bytes.value)) {
    if (frames.at > 0) made.writeUInt32BE(0, frames.at);
    frames.value = 0;
  }
  if (flags & HAS_TABLE) at = keep(at, TABLE_BYTES);
  number(HAS_QUALITY);
  keep(at, LAME_BYTES);
  made.fill(0, at, at + LAME_BYTES);
  if (ENCODERS.includes(text(frame, at))) keep(at, 4);
  keep(at + LOUDNESS.at, LOUDNESS.bytes);
  keep(at + DELAYS.at, DELAYS.bytes);
  return { frame: made, frames: frames.value };
}

/** By a sixteenth, as FFmpeg reckons. */
function isMuchLarger(rest: number, declared: number): boolean {
  return declared > 0 && rest > declared && rest - declared > declared >>> 4;
}

function readVbri(frame: Buffer): VbrHead | null {
  if (frame.length < VBRI_AT + VBRI_BYTES) throw new NotRewritable('is cut off in its first frame');
  const [bytes, frames] = [frame.readUInt32BE(VBRI_AT + 10), frame.readUInt32BE(VBRI_AT + 14)];
  if (frame.readUInt16BE(VBRI_AT + 4) !== 1 || (bytes === 0 && frames === 0)) {
    throw new NotRewritable('begins with an information frame without a length');
  }
  const made = Buffer.alloc(frame.length);
  frame.copy(made, 0, 0, FRAME_HEAD);
  frame.copy(made, VBRI_AT, VBRI_AT, VBRI_AT + 18);
  return { frame: made, frames };
}
