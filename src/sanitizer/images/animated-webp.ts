import type { MediaInfo } from '../../ffmpeg/index.ts';
import { mustBe } from '../codecs/bits.ts';
import { NO_COLOR } from '../codecs/color.ts';
import type { FileBytes } from '../file-bytes.ts';
import { movieInfo, videoStream } from '../streams.ts';

/** Number of bytes of `RIFF`, the size of the rest, and `WEBP`. */
const HEAD = 12;
const CHUNK_HEAD = 8;
/** Number of bytes of the flags, and of the width and height of the canvas. */
const EXTENDED_BYTES = 10;
const [HAS_ALPHA, IS_ANIMATED] = [0x10, 0x02];
/** Number of bytes of the position, size, duration and flags of a frame, before its picture. */
const FRAME_BYTES = 16;
const [DURATION_AT, DURATION_BYTES] = [12, 3];
const MS = 1000;
/** Maximum number of chunks. This is enough for an hour at 30 frames per second. */
const MAX_CHUNKS = 108_000;
const IGNORED: ReadonlySet<string> = new Set(['ANIM', 'ICCP', 'EXIF', 'XMP ']);

/**
 * Describes an animated WebP (RFC 9649) by its canvas and its frames, without reading their pictures. ffprobe reports no size, because
 * FFmpeg 7.1 has no decoder for animations. Returns null for a WebP with one picture. Throws `Unclear`.
 */
export function readAnimatedWebp(file: FileBytes): MediaInfo | null {
  mustBe(file.size > HEAD + CHUNK_HEAD && file.size % 2 === 0);
  const head = Buffer.from(file.read(0, HEAD + CHUNK_HEAD));
  const isExtended = head.toString('latin1', HEAD, HEAD + 4) === 'VP8X';
  if (!isExtended || file.size < HEAD + CHUNK_HEAD + EXTENDED_BYTES) return null;
  const extended = Buffer.from(file.read(HEAD + CHUNK_HEAD, EXTENDED_BYTES));
  const flags = extended[0]!;
  if ((flags & IS_ANIMATED) === 0) return null;
  mustBe(head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WEBP');
  mustBe(head.readUInt32LE(4) + CHUNK_HEAD === file.size && head.readUInt32LE(HEAD + 4) === EXTENDED_BYTES);
  const { frames, ms } = countFrames(file, HEAD + CHUNK_HEAD + EXTENDED_BYTES);
  mustBe(frames > 0 && ms > 0);
  const picture = {
    ...{ codec: 'webp', profile: null, aspect: null, color: {} },
    ...{ width: extended.readUIntLE(4, 3) + 1, height: extended.readUIntLE(7, 3) + 1 },
    pixelFormat: (flags & HAS_ALPHA) === 0 ? 'yuv420p' : 'yuva420p',
  };
  const stream = videoStream(0, picture, {
    ...{ color: NO_COLOR, rotation: 0, aspect: null, bitRate: null, isDefault: false },
    ...{ frames, durationSeconds: ms / MS, frameRate: (frames * MS) / ms },
  });
  const place = { container: 'webp_pipe', demuxer: 'webp_pipe', sizeBytes: file.size, microseconds: ms * MS };
  return { ...movieInfo(place, [stream], []), isAnimated: true };
}

/** Returns the number of frames, and the sum of their durations in milliseconds. Throws `Unclear` unless the last chunk ends the file. */
function countFrames(file: FileBytes, from: number): { frames: number; ms: number } {
  let [frames, ms, chunks] = [0, 0, 0];
  for (let at = from; at < file.size; ) {
    mustBe(at + CHUNK_HEAD <= file.size && ++chunks <= MAX_CHUNKS);
    const chunk = Buffer.from(file.read(at, CHUNK_HEAD));
    const [type, bytes] = [chunk.toString('latin1', 0, 4), chunk.readUInt32LE(4)];
    const content = at + CHUNK_HEAD;
    mustBe(content + bytes <= file.size && (type === 'ANMF' || IGNORED.has(type)));
    if (type === 'ANMF') {
      mustBe(bytes > FRAME_BYTES);
      frames++;
      ms += file.read(content + DURATION_AT, DURATION_BYTES).readUIntLE(0, DURATION_BYTES);
    }
    at = content + bytes + (bytes % 2);
  }
  return { frames, ms };
}
