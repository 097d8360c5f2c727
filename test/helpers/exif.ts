import { crc32 } from 'node:zlib';

function tiffOf(orientation: number): Buffer {
  const tiff = Buffer.from('49492a0008000000010012010300010000000000000000000000', 'hex');
  tiff.writeUInt16LE(orientation, 18);
  return tiff;
}

/** Adds Exif data with an orientation to a picture, by type of the picture. A WebP must be lossless and have no metadata. */
export const withOrientation: Readonly<Record<string, (bytes: Buffer, orientation: number) => Buffer>> = {
  jpg(bytes, orientation) {
    const tiff = tiffOf(orientation);
    const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
    const head = Buffer.from([0xff, 0xe1, 0, content.length + 2]);
    return Buffer.concat([bytes.subarray(0, 2), head, content, bytes.subarray(2)]);
  },
  png(bytes, orientation) {
    const tiff = tiffOf(orientation);
    const chunk = Buffer.concat([Buffer.from('eXIf', 'latin1'), tiff]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(tiff.length);
    sum.writeUInt32BE(crc32(chunk));
    return Buffer.concat([bytes.subarray(0, 33), length, chunk, sum, bytes.subarray(33)]);
  },
  webp(bytes, orientation) {
    const tiff = tiffOf(orientation);
    const extended = Buffer.from('VP8X\x0a\0\0\0\x08\0\0\0\0\0\0\0\0\0', 'latin1');
    // The size follows the signature of a lossless picture, in 14 bits each.
    const size = bytes.readUInt32LE(21);
    extended.writeUIntLE(size & 0x3fff, 12, 3);
    extended.writeUIntLE((size >>> 14) & 0x3fff, 15, 3);
    const head = Buffer.from('EXIF\0\0\0\0', 'latin1');
    head.writeUInt32LE(tiff.length, 4);
    const file = Buffer.concat([bytes.subarray(0, 12), extended, bytes.subarray(12), head, tiff]);
    file.writeUInt32LE(file.length - 8, 4);
    return file;
  },
};
