import type { FileBytes } from '../file-bytes.ts';

/** Head and footer of ID3v2 (section 3.1 of its structure). */
export const ID3_HEAD = 10;
const FOOTER = 0x10;
const ID3V1 = 128;
/** APEv2: header or footer. */
const APE_HEAD = 32;
const APE_HAS_HEADER = 0x80000000;

/** Bytes of the ID3v2 tag at a place, its head included; 0 = there is none. */
export function id3Bytes(file: FileBytes, at: number): number {
  if (at + ID3_HEAD > file.size) return 0;
  const head = file.read(at, ID3_HEAD);
  if (head.toString('latin1', 0, 3) !== 'ID3' || head[3] === 0xff || head[4] === 0xff) return 0;
  if ((head[6]! | head[7]! | head[8]! | head[9]!) & 0x80) return 0;
  return ID3_HEAD + syncSafe(head.readUInt32BE(6)) + (head[5]! & FOOTER ? ID3_HEAD : 0);
}

/** Bytes of the tag at an offset, of any kind; 0 = there is none, or it declares more bytes than the file has. */
export function tagBytes(file: FileBytes, at: number): number {
  const bytes = id3Bytes(file, at) || apeBytes(file, at) || id3v1Bytes(file, at);
  return at + bytes <= file.size ? bytes : 0;
}

/** Whether a tag seems to begin at an offset of a piece. */
export function beginsTag(piece: Buffer, at: number): boolean {
  return /^(?:ID3|TAG|APETAGEX)/.test(piece.toString('latin1', at, at + 8));
}

function apeBytes(file: FileBytes, at: number): number {
  if (at + APE_HEAD > file.size) return 0;
  const head = file.read(at, APE_HEAD);
  if (head.toString('latin1', 0, 8) !== 'APETAGEX') return 0;
  // The size counts items and footer; without the header this is the footer itself.
  return head.readUInt32LE(20) & APE_HAS_HEADER ? APE_HEAD + head.readUInt32LE(12) : APE_HEAD;
}

function id3v1Bytes(file: FileBytes, at: number): number {
  if (at + ID3V1 > file.size) return 0;
  return file.read(at, 3).toString('latin1') === 'TAG' ? ID3V1 : 0;
}

/** Seven bits of each byte. */
export function syncSafe(value: number): number {
  return ((value >>> 3) & 0xfe00000) | ((value >>> 2) & 0x1fc000) | ((value >>> 1) & 0x3f80) | (value & 0x7f);
}

export function toSyncSafe(value: number): number {
  return ((value & 0xfe00000) << 3) | ((value & 0x1fc000) << 2) | ((value & 0x3f80) << 1) | (value & 0x7f);
}
