import { mustBe } from '../codecs/bits.ts';
import { colorRange } from '../codecs/color.ts';
import type { Picture } from '../codecs/types.ts';
import { readVp8 } from '../codecs/vp8.ts';
import { readVp8Header } from '../codecs/vp8-header.ts';
import type { FileBytes } from '../file-bytes.ts';
import { MAX_PROFILE, readRgbProfile } from './icc.ts';

/** Number of bytes of `RIFF`, the size of the rest, and `WEBP`. */
const HEAD = 12;
const CHUNK_HEAD = 8;
const MAX_CHUNKS = 64;
/** Number of bytes of a picture that contain its size. */
const LOSSLESS_HEAD = 5;
const FRAME_HEAD = 11;
const LOSSY = 'VP8 ';
const PROFILE = 'ICCP';
const LOSSLESS = 'VP8L';
const EXTENDED = 'VP8X';
const ALPHA = 'ALPH';
/** Types of chunks with a color profile or metadata. ffprobe handles files with unknown chunks. */
const IGNORED: ReadonlySet<string> = new Set([PROFILE, 'EXIF', 'XMP ']);
/** Flags of the extended format. */
const HAS_ALPHA = 0x10;
const IS_ANIMATED = 0x02;
const EXTENDED_BYTES = 10;
const LOSSLESS_SIGNATURE = 0x2f;
const MAX_ALPHA_COMPRESSION = 1;

interface Chunk {
  type: string;
  at: number;
  bytes: number;
}

/** Reads a WebP with one picture (RFC 9649) up to its end, which must be the end of the file. Throws `Unclear`. */
export function readWebp(file: FileBytes): Picture {
  const chunks = readChunks(file);
  const content = ({ at, bytes }: Chunk, most: number) => Buffer.from(file.read(at, Math.min(bytes, most)));
  const [first] = chunks;
  const extended = first?.type === EXTENDED ? content(first, EXTENDED_BYTES) : null;
  const order = chunks.slice(extended ? 1 : 0).filter(({ type }) => !IGNORED.has(type));
  const alpha = order[0]?.type === ALPHA ? order.shift()! : null;
  mustBe(order.length === 1);
  const [coded] = order as [Chunk];
  const profile = chunks.find(({ type }) => type === PROFILE);
  const rgbProfile = profile ? readRgbProfile(content(profile, MAX_PROFILE)) : null;
  const described =
    coded.type === LOSSLESS ? readLossless(content(coded, LOSSLESS_HEAD)) : readLossy(file, coded, alpha !== null);
  const picture = { ...described, rgbProfile };
  if (alpha) mustBe(coded.type === LOSSY && alpha.bytes > 1 && (content(alpha, 1)[0]! & 3) <= MAX_ALPHA_COMPRESSION);
  if (!extended) {
    mustBe(alpha === null && chunks.length === 1);
    return picture;
  }
  const flags = extended[0]!;
  mustBe(extended.length === EXTENDED_BYTES && (flags & IS_ANIMATED) === 0);
  mustBe(alpha === null || (flags & HAS_ALPHA) !== 0);
  mustBe(extended.readUIntLE(4, 3) + 1 === picture.width && extended.readUIntLE(7, 3) + 1 === picture.height);
  return picture;
}

function readChunks(file: FileBytes): Chunk[] {
  mustBe(file.size > HEAD + CHUNK_HEAD && file.size % 2 === 0);
  const head = file.read(0, HEAD);
  mustBe(head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8) === 'WEBP');
  mustBe(head.readUInt32LE(4) + CHUNK_HEAD === file.size);
  const chunks: Chunk[] = [];
  for (let at = HEAD; at < file.size; ) {
    mustBe(at + CHUNK_HEAD <= file.size && chunks.length < MAX_CHUNKS);
    const chunk = file.read(at, CHUNK_HEAD);
    const [type, bytes] = [chunk.toString('latin1', 0, 4), chunk.readUInt32LE(4)];
    mustBe(at + CHUNK_HEAD + bytes <= file.size);
    mustBe(
      type === LOSSY || type === LOSSLESS || type === ALPHA || IGNORED.has(type) || (at === HEAD && type === EXTENDED),
    );
    chunks.push({ type, at: at + CHUNK_HEAD, bytes });
    at += CHUNK_HEAD + bytes + (bytes % 2);
  }
  return chunks;
}

/** Reads a key frame of VP8. Unlike in a video, FFmpeg uses the colors that the header declares. */
function readLossy(file: FileBytes, { at, bytes }: Chunk, hasAlpha: boolean): Picture {
  mustBe(bytes > FRAME_HEAD);
  const head = Buffer.from(file.read(at, FRAME_HEAD));
  const { width, height } = readVp8(head, bytes);
  const firstPart = head.readUIntLE(0, 3) >> 5;
  const { isFullRange } = readVp8Header({ bytes, firstPart }, (from, length) => file.read(at + from, length));
  return {
    ...{ codec: 'webp', profile: null, width, height, aspect: null },
    pixelFormat: hasAlpha ? 'yuva420p' : 'yuv420p',
    color: { colorSpace: 'bt470bg', colorRange: colorRange(isFullRange) },
  };
}

/** Reads a lossless picture (RFC 9649, 3.4): signature, sizes, and the version. */
function readLossless(head: Buffer): Picture {
  mustBe(head.length === LOSSLESS_HEAD && head[0] === LOSSLESS_SIGNATURE);
  const bits = head.readUInt32LE(1);
  mustBe(bits >>> 29 === 0);
  const [width, height] = [(bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1];
  return { codec: 'webp', profile: null, width, height, aspect: null, pixelFormat: 'argb', color: {} };
}
