import type { FileBytes } from '../file-bytes.ts';

/** Size in bytes of the header and of the footer of ID3v2 (section 3.1 of its structure). */
export const ID3_HEADER = 10;
const FOOTER = 0x10;
const ID3V1 = 128;
/** Size in bytes of the header and of the footer of APEv2. */
const APE_HEADER = 32;
const APE_HAS_HEADER = 0x80000000;

/** Returns the size of the ID3v2 tag at an offset, including its header; 0 if there is no tag. */
export function id3Bytes(file: FileBytes, at: number): number {
  if (at + ID3_HEADER > file.size) return 0;
  const head = file.read(at, ID3_HEADER);
  if (head.toString('latin1', 0, 3) !== 'ID3' || head[3] === 0xff || head[4] === 0xff) return 0;
  if ((head[6]! | head[7]! | head[8]! | head[9]!) & 0x80) return 0;
  return ID3_HEADER + syncSafe(head.readUInt32BE(6)) + (head[5]! & FOOTER ? ID3_HEADER : 0);
}

/** Returns the size of the tag of any kind at an offset; 0 if there is no tag, or if the tag declares more bytes than the file has. */
export function tagBytes(file: FileBytes, at: number): number {
  const bytes = id3Bytes(file, at) || apeBytes(file, at) || id3v1Bytes(file, at);
  return at + bytes <= file.size ? bytes : 0;
}

/** Whether a tag appears to begin at an offset of a piece. */
export function beginsTag(piece: Buffer, at: number): boolean {
  return /^(?:ID3|TAG|APETAGEX)/.test(piece.toString('latin1', at, at + 8));
}

/** Whether a range ends like an APE tag, in which FFmpeg searches for covers, or is too short to exclude such a tag. */
export function endsLikeTag(file: FileBytes, from: number, bytes: number): boolean {
  return bytes < APE_HEADER || file.read(from + bytes - APE_HEADER, 8).toString('latin1') === 'APETAGEX';
}

function apeBytes(file: FileBytes, at: number): number {
  if (at + APE_HEADER > file.size) return 0;
  const head = file.read(at, APE_HEADER);
  if (head.toString('latin1', 0, 8) !== 'APETAGEX') return 0;
  // The size covers items and footer. If the header flag is not set, this element is the footer itself.
  return head.readUInt32LE(20) & APE_HAS_HEADER ? APE_HEADER + head.readUInt32LE(12) : APE_HEADER;
}

function id3v1Bytes(file: FileBytes, at: number): number {
  if (at + ID3V1 > file.size) return 0;
  return file.read(at, 3).toString('latin1') === 'TAG' ? ID3V1 : 0;
}

/** Decodes an integer with seven bits per byte. */
export function syncSafe(value: number): number {
  return ((value >>> 3) & 0xfe00000) | ((value >>> 2) & 0x1fc000) | ((value >>> 1) & 0x3f80) | (value & 0x7f);
}

export function toSyncSafe(value: number): number {
  return ((value & 0xfe00000) << 3) | ((value & 0x1fc000) << 2) | ((value & 0x3f80) << 1) | (value & 0x7f);
}
