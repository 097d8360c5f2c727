import type { Turn } from '../../ffmpeg/probe/still.ts';
import type { FileBytes } from '../file-bytes.ts';

/** Maximum number of segments or chunks that are read, and of entries of Exif data. */
const MAX_PARTS = 1000;
const MAX_ENTRIES = 1000;
/** Maximum number of bytes of Exif data that are read. The orientation is in their first directory, which usually follows their head. */
const MAX_EXIF = 2 ** 16;
const ORIENTATION = 0x112;
const SHORT = 3;
const JPEG_EXIF = Buffer.from('Exif\0\0', 'latin1');
const APP1 = 0xe1;
const SOS = 0xda;
/** Types of the chunks of animations, which are not stills. */
const ANIMATED_PNG = 'acTL';
const ANIMATED_WEBP = 'ANIM';

/** How each orientation of Exif (CIPA DC-008, 4.6.5) becomes upright. `quarters` counts counterclockwise. */
const TURNS: Readonly<Record<number, readonly Turn[]>> = {
  2: [{ kind: 'mirror', axis: 'x' }],
  3: [{ kind: 'rotate', quarters: 2 }],
  4: [{ kind: 'mirror', axis: 'y' }],
  5: [
    { kind: 'mirror', axis: 'x' },
    { kind: 'rotate', quarters: 1 },
  ],
  6: [{ kind: 'rotate', quarters: 3 }],
  7: [
    { kind: 'mirror', axis: 'x' },
    { kind: 'rotate', quarters: 3 },
  ],
  8: [{ kind: 'rotate', quarters: 1 }],
};

const READERS: Readonly<Record<string, (file: FileBytes) => Buffer | null>> = {
  jpeg_pipe: exifOfJpeg,
  png_pipe: exifOfPng,
  webp_pipe: exifOfWebp,
};

/** Returns the transformations that make a JPEG, PNG or WebP upright according to its Exif data; empty if it declares none. */
export function turnsOf(file: FileBytes, demuxer: string): readonly Turn[] {
  const exif = READERS[demuxer]?.(file);
  return (exif && TURNS[orientationOf(exif)]) || [];
}

/** Reads the orientation in a TIFF directory; 1 = upright. Returns 1 for data that cannot be read. */
function orientationOf(exif: Buffer): number {
  const order = exif.toString('latin1', 0, 2);
  if (exif.length < 8 || (order !== 'II' && order !== 'MM')) return 1;
  const short = (at: number) => (order === 'II' ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const long = (at: number) => (order === 'II' ? exif.readUInt32LE(at) : exif.readUInt32BE(at));
  const directory = long(4);
  if (short(2) !== 42 || directory + 2 > exif.length) return 1;
  const count = Math.min(short(directory), MAX_ENTRIES);
  for (let index = 0; index < count; index++) {
    const at = directory + 2 + 12 * index;
    if (at + 12 > exif.length) return 1;
    if (short(at) === ORIENTATION) return short(at + 2) === SHORT ? short(at + 8) : 1;
  }
  return 1;
}

function exifOfJpeg(file: FileBytes): Buffer | null {
  let at = 2;
  for (let parts = 0; at + 4 <= file.size && parts < MAX_PARTS; parts++) {
    const head = Buffer.from(file.read(at, 4));
    const length = head.readUInt16BE(2);
    if (head[0] !== 0xff || head[1] === SOS || at + 2 + length > file.size) return null;
    if (head[1] === APP1) {
      const content = Buffer.from(file.read(at + 4, Math.max(0, length - 2)));
      if (content.subarray(0, JPEG_EXIF.length).equals(JPEG_EXIF)) return content.subarray(JPEG_EXIF.length);
    }
    at += 2 + length;
  }
  return null;
}

function exifOfPng(file: FileBytes): Buffer | null {
  let at = 8;
  for (let parts = 0; at + 12 <= file.size && parts < MAX_PARTS; parts++) {
    const head = Buffer.from(file.read(at, 8));
    const length = head.readUInt32BE(0);
    const type = head.toString('latin1', 4);
    if (type === ANIMATED_PNG) return null;
    if (type === 'eXIf') return contentOf(file, at + 8, length);
    at += 12 + length;
  }
  return null;
}

function exifOfWebp(file: FileBytes): Buffer | null {
  let at = 12;
  for (let parts = 0; at + 8 <= file.size && parts < MAX_PARTS; parts++) {
    const head = Buffer.from(file.read(at, 8));
    const length = head.readUInt32LE(4);
    const type = head.toString('latin1', 0, 4);
    if (type === ANIMATED_WEBP) return null;
    if (type === 'EXIF') {
      const content = contentOf(file, at + 8, length);
      // Some programs repeat the head of JPEG.
      const isRepeated = content.subarray(0, JPEG_EXIF.length).equals(JPEG_EXIF);
      return isRepeated ? content.subarray(JPEG_EXIF.length) : content;
    }
    at += 8 + length + (length % 2);
  }
  return null;
}

function contentOf(file: FileBytes, at: number, length: number): Buffer {
  return Buffer.from(file.read(at, Math.max(0, Math.min(length, MAX_EXIF, file.size - at))));
}
