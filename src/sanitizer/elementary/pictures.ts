import { copyRange } from '../copy-ranges.ts';
import type { FileBytes, FileOut } from '../file-bytes.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { ID3_HEADER, id3Bytes, syncSafe, toSyncSafe } from './tags.ts';

/** Cover art, which is a separate stream in FFmpeg. */
export interface Picture {
  mime: 'image/jpeg' | 'image/png';
  /** Picture type of ID3v2, such as front cover, back cover or icon. */
  type: number;
  from: number;
  bytes: number;
}

export interface LeadingTags {
  /** Offset at which the tags end. */
  end: number;
  pictures: readonly Picture[];
}

const MAX_TAGS = 16;
const MAX_FRAMES = 10_000;
const MAX_PICTURES = 32;
const MAX_PICTURE_BYTES = 32 * 2 ** 20;
const UNSYNCHRONISED = 0x80;
const EXTENDED = 0x40;
const BLOCK = 256 * 1024;
const UNKNOWN_PICTURE = 'has cover art in a format that the reader does not support';

/** Reads the pictures of the ID3v2 tags at the start of a file. Nothing else in the tags reaches a decoder. */
export function readLeadingTags(file: FileBytes): LeadingTags {
  const pictures: Picture[] = [];
  let at = 0;
  let tagsWithPictures = 0;
  for (let count = 0; ; count++) {
    const bytes = id3Bytes(file, at);
    if (bytes === 0) break;
    if (count === MAX_TAGS) throw new NotRewritable('begins with more tags than any real file');
    if (at + bytes > file.size) throw new Rejected('invalid_media', 'ends before what it declares.');
    const found = readTag(file, at, bytes);
    if (found.length > 0 && ++tagsWithPictures > 1) throw new NotRewritable('has cover art in several tags');
    pictures.push(...found);
    at += bytes;
  }
  return { end: at, pictures };
}

/** Writes a tag that contains only the pictures (ID3v2.3, whose frame sizes are plain integers). */
export function writePictures(file: FileBytes, out: FileOut, pictures: readonly Picture[]): void {
  if (pictures.length === 0) return;
  const heads = pictures.map(({ mime, type, bytes }) => {
    // The fields are the text encoding, the MIME type, the picture type, and an empty description.
    const fields = Buffer.concat([Buffer.from(`\0${mime}\0`, 'latin1'), Buffer.from([type, 0])]);
    const head = Buffer.alloc(ID3_HEADER);
    head.write('APIC', 0, 'latin1');
    head.writeUInt32BE(fields.length + bytes, 4);
    return Buffer.concat([head, fields]);
  });
  const size = pictures.reduce((sum, { bytes }, index) => sum + heads[index]!.length + bytes, 0);
  const tag = Buffer.from('ID3\x03\0\0\0\0\0\0', 'latin1');
  tag.writeUInt32BE(toSyncSafe(size), 6);
  out.write(tag);
  for (const [index, { from, bytes }] of pictures.entries()) {
    out.write(heads[index]!);
    copyRange(file, out, from, bytes, null);
  }
}

function readTag(file: FileBytes, at: number, bytes: number): Picture[] {
  const head = file.read(at, ID3_HEADER);
  const [version, flags] = [head[3]!, head[5]!];
  const body = at + ID3_HEADER;
  const end = body + syncSafe(head.readUInt32BE(6));
  if (version < 2 || version > 4 || flags & EXTENDED) {
    rejectPictures(file, body, at + bytes);
    return [];
  }
  const pictures: Picture[] = [];
  let frames = 0;
  const stopped = walk(file, body, end, version, (name, formatFlags, from, length) => {
    if (++frames > MAX_FRAMES) throw new Rejected('invalid_media', 'contains more tags than any real file.');
    if (name !== 'APIC' && name !== 'PIC') return;
    if (flags & UNSYNCHRONISED || formatFlags !== 0) throw new NotRewritable(UNKNOWN_PICTURE);
    pictures.push(readPicture(file, from, length, version));
  });
  rejectPictures(file, stopped, at + bytes);
  const sum = pictures.reduce((total, picture) => total + picture.bytes, 0);
  if (pictures.length > MAX_PICTURES || sum > MAX_PICTURE_BYTES)
    throw new NotRewritable('has cover art of absurd size');
  return pictures;
}

/** Visits the frames in the same way as FFmpeg. Returns the offset at which the frames end. */
function walk(
  file: FileBytes,
  from: number,
  end: number,
  version: number,
  visit: (name: string, formatFlags: number, from: number, length: number) => void,
): number {
  const [nameBytes, headerBytes] = version === 2 ? [3, 6] : [4, ID3_HEADER];
  let at = from;
  while (at + headerBytes <= end) {
    const head = file.read(at, headerBytes);
    const name = head.toString('latin1', 0, nameBytes);
    if (!/^[A-Z0-9]+$/.test(name)) return at;
    const formatFlags = version === 2 ? 0 : head[9]!;
    const length = frameLength(file, head, version, at, end);
    if (length === null || at + headerBytes + length > end) return at;
    visit(name, formatFlags, at + headerBytes, length);
    at += headerBytes + length;
  }
  return at;
}

/**
 * Returns the length of a frame; null if it is unclear. Some programs write plain integers where ID3v2.4 requires syncsafe integers. As in
 * FFmpeg, the following bytes decide which kind of integer it is.
 */
function frameLength(file: FileBytes, head: Buffer, version: number, at: number, end: number): number | null {
  if (version === 2) return head.readUIntBE(3, 3);
  const plain = head.readUInt32BE(4);
  if (version === 3 || plain <= 0x7f) return plain;
  const safe = syncSafe(plain);
  if (plain >= end - at - ID3_HEADER) return safe;
  const isFrame = (length: number) => {
    const next = at + ID3_HEADER + length;
    if (next + 4 > file.size) return false;
    return /^(?:[A-Z0-9]{4}|\0{4})$/.test(file.read(next, 4).toString('latin1'));
  };
  if (isFrame(safe)) return safe;
  return isFrame(plain) ? plain : null;
}

function readPicture(file: FileBytes, from: number, length: number, version: number): Picture {
  const fields = file.read(from, Math.min(length, 1024));
  const encoding = fields[0] ?? 0xff;
  if (encoding > 3) throw new NotRewritable(UNKNOWN_PICTURE);
  const mimeEnd = version === 2 ? 4 : fields.indexOf(0, 1);
  const type = fields[version === 2 ? 4 : mimeEnd + 1];
  const text = (version === 2 ? mimeEnd : mimeEnd + 1) + 1;
  const textEnd = encoding === 1 || encoding === 2 ? wideEnd(fields, text, encoding) : fields.indexOf(0, text) + 1;
  if (mimeEnd < 1 || mimeEnd > 32 || type === undefined || textEnd <= text) throw new NotRewritable(UNKNOWN_PICTURE);
  const declared = fields.toString('latin1', 1, mimeEnd).toLowerCase();
  const at = from + textEnd;
  const bytes = length - textEnd;
  const mime = pictureKind(declared, bytes < 8 ? Buffer.alloc(8) : file.read(at, 8));
  return { mime, type, from: at, bytes };
}

/** Returns the offset after a UTF-16 string; 0 if it has no terminator, or if the required byte order mark is missing. */
function wideEnd(fields: Buffer, from: number, encoding: number): number {
  if (encoding === 1 && ![0xfffe, 0xfeff].includes(fields.length < from + 2 ? 0 : fields.readUInt16BE(from))) return 0;
  for (let at = from; at + 2 <= fields.length; at += 2) if (fields.readUInt16BE(at) === 0) return at + 2;
  return 0;
}

/**
 * Returns the type of a picture. Throws `NotRewritable` unless MIME type and first bytes agree. FFmpeg trusts the MIME type, and for PNG
 * the bytes.
 */
function pictureKind(declared: string, head: Buffer): Picture['mime'] {
  const isPng = head.toString('latin1') === '\x89PNG\r\n\x1a\n';
  const isJpeg = head.readUIntBE(0, 3) === 0xffd8ff;
  const named = /^(?:image\/)?(jpe?g|png)$/.exec(declared)?.[1];
  if (named && isPng) return 'image/png';
  if (named && named !== 'png' && isJpeg) return 'image/jpeg';
  throw new NotRewritable(UNKNOWN_PICTURE);
}

/** Throws if FFmpeg could find a picture in data that is not a frame. */
function rejectPictures(file: FileBytes, from: number, end: number): void {
  for (let at = from; at < end; at += BLOCK - 3) {
    const piece = file.read(at, Math.min(BLOCK, end - at));
    if (piece.includes('PIC', 0, 'latin1')) throw new NotRewritable(UNKNOWN_PICTURE);
    if (at + BLOCK >= end) break;
  }
}
