import type { FileBytes } from '../file-bytes.ts';
import { NotRewritable } from '../verdicts.ts';
import type { Mp3Header } from './mp3-header.ts';

/*
 * The first frame of many MP3s is a header for players: the number of frames, and the encoder's delay and padding in samples. Supports
 * Xing, LAME's extension of Xing, and Fraunhofer's VBRI.
 */

export interface VbrHeader {
  /** The rewritten frame. */
  frame: Buffer;
  /** Declared number of audio frames; 0 = not declared. */
  frames: number;
  /** Declared number of bytes; 0 = not declared. */
  bytes: number;
  /** Whether the header declares a constant bit rate. */
  isConstant: boolean;
}

const FRAME_HEADER = 4;
const VBRI_AT = FRAME_HEADER + 32;
const VBRI_BYTES = 26;
const HAS_FRAMES = 1;
const HAS_BYTES = 2;
const HAS_TABLE = 4;
const HAS_QUALITY = 8;
const TABLE_BYTES = 100;
/** Number of bytes of LAME's extension, from the encoder's name to the checksum. */
const LAME_BYTES = 36;
/** Positions in the extension: peak and two gains, and then delay and padding. */
const LOUDNESS = { at: 11, bytes: 8 };
const DELAYS = { at: 21, bytes: 3 };
/** Encoder names for which FFmpeg uses the delay. */
const ENCODERS = ['LAME', 'Lavf', 'Lavc'];

/** Reads the header in the first frame. Returns null if this frame is an audio frame. */
export function readVbrHeader(file: FileBytes, at: number, head: Mp3Header): VbrHeader | null {
  const frame = Buffer.from(file.read(at, Math.min(head.bytes, file.size - at)));
  const side = head.isVersion1 ? (head.isMono ? 17 : 32) : head.isMono ? 9 : 17;
  const name = text(frame, FRAME_HEADER + side);
  const isVbri = text(frame, VBRI_AT) === 'VBRI';
  if (name !== 'Xing' && name !== 'Info') return isVbri ? readVbri(frame) : null;
  if (isVbri) throw new NotRewritable('has two VBR headers');
  if (frame.length < head.bytes) throw new NotRewritable('is cut off in its first frame');
  // The size of the audio as FFmpeg computes it. FFmpeg ignores the number of frames if the file is much larger than declared.
  return readXing(frame, FRAME_HEADER + side, file.size - at - FRAME_HEADER);
}

function text(frame: Buffer, at: number): string {
  return frame.toString('latin1', at, at + 4);
}

function readXing(frame: Buffer, tagAt: number, sizeOfRest: number): VbrHeader {
  const rewritten = Buffer.alloc(frame.length);
  const keep = (at: number, bytes: number): number => {
    if (at + bytes > frame.length) throw new NotRewritable('has a VBR header that is longer than its frame');
    frame.copy(rewritten, at, at, at + bytes);
    return at + bytes;
  };
  keep(0, FRAME_HEADER);
  let at = keep(tagAt, 8);
  const flags = frame[tagAt + 7]! & (HAS_FRAMES | HAS_BYTES | HAS_TABLE | HAS_QUALITY);
  rewritten.writeUInt32BE(flags, tagAt + 4);
  const number = (flag: number): { at: number; value: number } => {
    if (!(flags & flag)) return { at: -1, value: 0 };
    at = keep(at, 4);
    return { at: at - 4, value: frame.readUInt32BE(at - 4) };
  };
  const frames = number(HAS_FRAMES);
  const bytes = number(HAS_BYTES);
  if (frames.value === 0 && bytes.value === 0) throw new NotRewritable('has a VBR header without a length');
  if (isMuchLarger(sizeOfRest, bytes.value)) {
    if (frames.at > 0) rewritten.writeUInt32BE(0, frames.at);
    frames.value = 0;
  }
  if (flags & HAS_TABLE) at = keep(at, TABLE_BYTES);
  number(HAS_QUALITY);
  keep(at, LAME_BYTES);
  rewritten.fill(0, at, at + LAME_BYTES);
  if (ENCODERS.includes(text(frame, at))) keep(at, 4);
  keep(at + LOUDNESS.at, LOUDNESS.bytes);
  keep(at + DELAYS.at, DELAYS.bytes);
  const isConstant = text(frame, tagAt) === 'Info';
  return { frame: rewritten, frames: frames.value, bytes: bytes.value, isConstant };
}

/** Whether the rest of the file is more than a sixteenth larger than declared, as in FFmpeg. */
function isMuchLarger(rest: number, declared: number): boolean {
  return declared > 0 && rest > declared && rest - declared > declared >>> 4;
}

function readVbri(frame: Buffer): VbrHeader | null {
  if (frame.length < VBRI_AT + VBRI_BYTES) throw new NotRewritable('is cut off in its first frame');
  const [bytes, frames] = [frame.readUInt32BE(VBRI_AT + 10), frame.readUInt32BE(VBRI_AT + 14)];
  if (frame.readUInt16BE(VBRI_AT + 4) !== 1 || (bytes === 0 && frames === 0)) {
    throw new NotRewritable('has a VBR header without a length');
  }
  const rewritten = Buffer.alloc(frame.length);
  frame.copy(rewritten, 0, 0, FRAME_HEADER);
  frame.copy(rewritten, VBRI_AT, VBRI_AT, VBRI_AT + 18);
  return { frame: rewritten, frames, bytes, isConstant: false };
}
