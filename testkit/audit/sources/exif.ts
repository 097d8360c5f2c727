import { crc32, deflateSync } from 'node:zlib';

/** A TIFF block with only the orientation (tag 0x0112) from 1 to 8. */
function tiff(orientation: number): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.write('MM\0*', 0, 'latin1');
  bytes.writeUInt32BE(8, 4);
  bytes.writeUInt16BE(1, 8);
  bytes.writeUInt16BE(0x0112, 10);
  bytes.writeUInt16BE(3, 12);
  bytes.writeUInt32BE(1, 14);
  bytes.writeUInt16BE(orientation, 18);
  return bytes;
}

/** Inserts a segment right behind the start of a JPEG. */
function insertSegment(jpeg: Buffer, marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}

export const withJpegOrientation = (jpeg: Buffer, orientation: number) =>
  insertSegment(jpeg, 0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff(orientation)]));

export const withJpegProfile = (jpeg: Buffer, profile: Buffer) =>
  insertSegment(jpeg, 0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), profile]));

/** Length of the signature and the header chunk of a PNG. */
const PNG_HEAD = 33;

function insertChunk(png: Buffer, type: string, content: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([png.subarray(0, PNG_HEAD), length, named, sum, png.subarray(PNG_HEAD)]);
}

export const withPngOrientation = (png: Buffer, orientation: number) => insertChunk(png, 'eXIf', tiff(orientation));

export const withPngProfile = (png: Buffer, profile: Buffer) =>
  insertChunk(png, 'iCCP', Buffer.concat([Buffer.from('P3\0\0', 'latin1'), deflateSync(profile)]));

/** Flags of the chunk VP8X. */
const [HAS_PROFILE, HAS_EXIF] = [0x20, 0x08];

function riffChunk(type: string, content: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 0, 'latin1');
  head.writeUInt32LE(content.length, 4);
  return Buffer.concat([head, content, Buffer.alloc(content.length % 2)]);
}

/** Rewrites a WebP with one picture as an extended file. */
function extendWebp(webp: Buffer, size: { width: number; height: number }, flags: number, chunks: Buffer[][]): Buffer {
  const extended = Buffer.alloc(10);
  extended[0] = flags;
  extended.writeUIntLE(size.width - 1, 4, 3);
  extended.writeUIntLE(size.height - 1, 7, 3);
  const [before = [], after = []] = chunks;
  const body = [riffChunk('VP8X', extended), ...before, pictureChunk(webp), ...after];
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1');
  head.writeUInt32LE(4 + Buffer.concat(body).length, 4);
  return Buffer.concat([head, ...body]);
}

/** Returns the chunk with the picture, with or without a VP8X chunk before it. */
function pictureChunk(webp: Buffer): Buffer {
  let at = 12;
  while (!/^VP8[ L]$/.test(webp.toString('latin1', at, at + 4))) at += 8 + webp.readUInt32LE(at + 4);
  return webp.subarray(at, at + 8 + webp.readUInt32LE(at + 4) + (webp.readUInt32LE(at + 4) % 2));
}

export const withWebpOrientation = (webp: Buffer, size: { width: number; height: number }, orientation: number) =>
  extendWebp(webp, size, HAS_EXIF, [[], [riffChunk('EXIF', tiff(orientation))]]);

export const withWebpProfile = (webp: Buffer, size: { width: number; height: number }, profile: Buffer) =>
  extendWebp(webp, size, HAS_PROFILE, [[riffChunk('ICCP', profile)]]);
