import { oggChecksum } from '../../src/sanitizer/ogg/crc.ts';

const HEAD = 27;

/** Changes the consecutive pages of an Ogg file, and gives each page the correct checksum. */
export function changedPages(file: Buffer, change: (page: Buffer) => void): Buffer {
  const bytes = Buffer.from(file);
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const lacing = bytes.subarray(at + HEAD, at + HEAD + bytes[at + 26]!);
    const page = bytes.subarray(at, at + HEAD + lacing.length + lacing.reduce((sum, length) => sum + length, 0));
    change(page);
    page.writeUInt32LE(0, 22);
    page.writeUInt32LE(oggChecksum(page), 22);
    at += page.length;
  }
  return bytes;
}
