import { displaySize, sampleAspect } from '../../ffmpeg/probe/display-size.ts';
import type { FileBytes } from '../file-bytes.ts';
import type { ContainerFacts } from '../types.ts';

interface Picture {
  codec: string;
  width: number;
  height: number;
  aspect: number;
}

/** Number of bytes that are read to find the size of the picture. */
const HEAD_BYTES = 64 * 1024;

/** Returns the facts of a JPEG or PNG from its first bytes. Returns null for other files, and if these bytes are not enough. */
export function stillFacts(file: FileBytes, demuxer: string): ContainerFacts | null {
  const read = READERS[demuxer];
  if (!read) return null;
  const head = file.read(0, Math.min(HEAD_BYTES, file.size));
  const picture = read(head);
  if (!picture || picture.width === 0 || picture.height === 0) return null;
  const { codec, width, height, aspect } = picture;
  const { wide, tall } = displaySize(width, height, aspect);
  const video = [{ codec, width, height, displayWidth: wide, displayHeight: tall, isAttachedPicture: false }];
  return { durationSeconds: null, isImage: true, isAnimated: false, video, audio: [] };
}

const READERS: Readonly<Record<string, (head: Buffer) => Picture | null>> = {
  jpeg_pipe: readJpeg,
  png_pipe: readPng,
};

const SOI = 0xd8;
const APP0 = 0xe0;
const APP1 = 0xe1;
const SOS = 0xda;
/** Start-of-frame markers: baseline, extended, progressive. */
const FRAMES: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2]);

/** Reads the start of a JPEG (ITU-T T.81, B.2). Returns null if it contains Exif (APP1), which may rotate the picture. */
function readJpeg(head: Buffer): Picture | null {
  if (head.length < 4 || head[0] !== 0xff || head[1] !== SOI) return null;
  let aspect = 1;
  for (let at = 2; at + 4 <= head.length; ) {
    if (head[at] !== 0xff) return null;
    const marker = head[at + 1]!;
    const length = head.readUInt16BE(at + 2);
    if (length < 2 || marker === APP1 || marker === SOS) return null;
    if (FRAMES.has(marker)) {
      if (at + 9 > head.length) return null;
      return { codec: 'mjpeg', height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7), aspect };
    }
    if (
      marker === APP0 &&
      length >= 14 &&
      at + 16 <= head.length &&
      head.toString('latin1', at + 4, at + 8) === 'JFIF'
    ) {
      aspect = sampleAspect(head.readUInt16BE(at + 12), head.readUInt16BE(at + 14));
    }
    at += 2 + length;
  }
  return null;
}

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** Reads the start of a PNG (ISO/IEC 15948). Returns null if it contains an animation (acTL) or Exif (eXIf). */
function readPng(head: Buffer): Picture | null {
  if (head.length < 33 || !head.subarray(0, 8).equals(PNG) || head.toString('latin1', 12, 16) !== 'IHDR') return null;
  const [width, height] = [head.readUInt32BE(16), head.readUInt32BE(20)];
  let aspect = 1;
  for (let at = 33; at + 12 <= head.length; ) {
    const [length, type] = [head.readUInt32BE(at), head.toString('latin1', at + 4, at + 8)];
    if (type === 'acTL' || type === 'eXIf') return null;
    if (type === 'pHYs' && length === 9 && at + 16 <= head.length) {
      aspect = sampleAspect(head.readUInt32BE(at + 8), head.readUInt32BE(at + 12));
    }
    if (type === 'IDAT') return { codec: 'png', width, height, aspect };
    at += 12 + length;
  }
  return null;
}
