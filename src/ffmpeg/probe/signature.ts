import { fileTypeFromBuffer } from 'file-type';
import { mainContentType } from '../../contract/formats.ts';
import type { DetectedMedia } from '../types.ts';

/** Number of bytes at the start of a file that are inspected. */
const HEAD_BYTES = 65_536;

/**
 * Maps the type of a signature to the content type of an upload and to the demuxer that may read the file. Types that are not listed are
 * rejected: playlists (m3u8, mpd, ffconcat, sdp) and vector graphics have no signature here, so a file can never choose a demuxer that
 * opens other files.
 */
export const BY_SIGNATURE: Readonly<Record<string, DetectedMedia>> = {
  'video/mp4': { mime: 'video/mp4', demuxer: 'mov' },
  'video/x-m4v': { mime: 'video/mp4', demuxer: 'mov' },
  'audio/mp4': { mime: 'audio/mp4', demuxer: 'mov' },
  'audio/x-m4a': { mime: 'audio/mp4', demuxer: 'mov' },
  'video/quicktime': { mime: 'video/quicktime', demuxer: 'mov' },
  'video/3gpp': { mime: 'video/3gpp', demuxer: 'mov' },
  'video/3gpp2': { mime: 'video/3gpp', demuxer: 'mov' },
  'video/webm': { mime: 'video/webm', demuxer: 'matroska' },
  'video/matroska': { mime: 'video/x-matroska', demuxer: 'matroska' },
  'video/vnd.avi': { mime: 'video/x-msvideo', demuxer: 'avi' },
  'video/mp2t': { mime: 'video/mp2t', demuxer: 'mpegts' },
  'video/MP1S': { mime: 'video/mpeg', demuxer: 'mpeg' },
  'video/MP2P': { mime: 'video/mpeg', demuxer: 'mpeg' },
  'video/x-flv': { mime: 'video/x-flv', demuxer: 'flv' },
  'audio/mpeg': { mime: 'audio/mpeg', demuxer: 'mp3' },
  'audio/aac': { mime: 'audio/aac', demuxer: 'aac' },
  'audio/wav': { mime: 'audio/wav', demuxer: 'wav' },
  'audio/ogg': { mime: 'audio/ogg', demuxer: 'ogg' },
  'audio/ogg; codecs=opus': { mime: 'audio/opus', demuxer: 'ogg' },
  'video/ogg': { mime: 'audio/ogg', demuxer: 'ogg' },
  'audio/flac': { mime: 'audio/flac', demuxer: 'flac' },
  'image/jpeg': { mime: 'image/jpeg', demuxer: 'jpeg_pipe' },
  'image/png': { mime: 'image/png', demuxer: 'png_pipe' },
  'image/apng': { mime: 'image/png', demuxer: 'apng' },
  'image/gif': { mime: 'image/gif', demuxer: 'gif' },
  'image/webp': { mime: 'image/webp', demuxer: 'webp_pipe' },
  'image/avif': { mime: 'image/avif', demuxer: 'heif' },
  'image/heic': { mime: 'image/heic', demuxer: 'heif' },
  'image/heif': { mime: 'image/heif', demuxer: 'heif' },
  'image/heic-sequence': { mime: 'image/heic', demuxer: 'heif' },
  'image/heif-sequence': { mime: 'image/heif', demuxer: 'heif' },
};

/** Content types of one family: the same container under several names. All other types must match exactly. */
const FAMILIES: readonly (readonly string[])[] = [
  ['video/mp4', 'video/quicktime', 'video/3gpp', 'audio/mp4'],
  ['video/webm', 'video/x-matroska', 'video/mkv', 'audio/webm'],
  ['video/x-msvideo', 'video/avi'],
  ['audio/wav', 'audio/x-wav'],
  ['audio/ogg', 'audio/opus'],
  ['image/avif', 'image/heic', 'image/heif'],
];

/**
 * Detects from the first bytes which demuxer may read a file (64 kB are enough; small files may have fewer). Null for a type that Airlock
 * does not read. Never throws.
 */
export async function detectMedia(head: Uint8Array): Promise<DetectedMedia | null> {
  const bytes = head.subarray(0, HEAD_BYTES);
  if (bytes.length < 4) return null;
  const own = detectOwn(bytes);
  if (own) return own;
  const type = await namedType(bytes);
  if (type !== null) return (Object.hasOwn(BY_SIGNATURE, type) && BY_SIGNATURE[type]) || null;
  return isCutTransportStream(bytes) ? TRANSPORT_STREAM : null;
}

/** Returns the content type of a signature that file-type knows, also of a file that Airlock does not read. */
export async function namedType(bytes: Uint8Array): Promise<string | null> {
  try {
    return (await fileTypeFromBuffer(bytes))?.mime ?? null;
  } catch {
    return null;
  }
}

const TRANSPORT_STREAM: DetectedMedia = { mime: 'video/mp2t', demuxer: 'mpegts' };
const SYNC = 0x47;
/** Bytes of a packet of a transport stream: plain, after a time code (M2TS), and before a checksum (ATSC, DVB). */
const PACKET_BYTES = [188, 192, 204] as const;
/** Number of packets that a capture from the middle of a packet must show. */
const CUT_PACKETS = 10;

/** Whether the detected content type of a file fits the declared one. */
export function contentTypeMatches(declared: string, detected: string): boolean {
  const plain = (type: string) => mainContentType(type.split(';')[0]!.trim().toLowerCase());
  const [want, have] = [plain(declared), plain(detected)];
  return want === have || FAMILIES.some((family) => family.includes(want) && family.includes(have));
}

/** Detects signatures that file-type does not know, or identifies by only one byte. */
function detectOwn(bytes: Uint8Array): DetectedMedia | null {
  const ascii = (from: number, length: number) => String.fromCharCode(...bytes.subarray(from, from + length));
  if (ascii(0, 4) === 'RF64' && ascii(8, 4) === 'WAVE') return { mime: 'audio/wav', demuxer: 'wav' };
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 1 && bytes[3] === 0xba) {
    return { mime: 'video/mpeg', demuxer: 'mpeg' };
  }
  // An MPEG-2 sequence header begins raw video without a container.
  if (bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 1 && bytes[3] === 0xb3) {
    return { mime: 'video/mpeg', demuxer: 'mpegvideo' };
  }
  if (isTransportStream(bytes)) return TRANSPORT_STREAM;
  // The part before the first packet may look like audio.
  if (bytes[0] === 0xff && isCutTransportStream(bytes)) return TRANSPORT_STREAM;
  if (bytes[0] === 0xff && (bytes[1]! & 0xf6) === 0xf0) {
    return isAdts(bytes) ? { mime: 'audio/aac', demuxer: 'aac' } : null;
  }
  if (bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0) {
    return isMpegAudio(bytes) ? { mime: 'audio/mpeg', demuxer: 'mp3' } : null;
  }
  return detectSubtitles(bytes);
}

/** Whether the file is a transport stream (ISO 13818-1): packets that each start with 0x47. The first packet may follow a time code. */
function isTransportStream(bytes: Uint8Array): boolean {
  return PACKET_BYTES.some((size) => {
    const first = size === 192 ? 4 : 0;
    const packets = Math.min(5, Math.floor((bytes.length - first) / size));
    return packets >= 3 && hasPackets(bytes, { first, size, packets });
  });
}

/** Whether the file is a transport stream that starts in a packet, as captures of a broadcast do. FFmpeg skips the first part. */
function isCutTransportStream(bytes: Uint8Array): boolean {
  for (const size of PACKET_BYTES) {
    for (let first = 1; first < size && first + CUT_PACKETS * size <= bytes.length; first++) {
      if (hasPackets(bytes, { first, size, packets: CUT_PACKETS })) return true;
    }
  }
  return false;
}

function hasPackets(bytes: Uint8Array, at: { first: number; size: number; packets: number }): boolean {
  for (let packet = 0; packet < at.packets; packet++) {
    const start = at.first + packet * at.size;
    // A packet without payload and without adaptation field does not exist.
    if (bytes[start] !== SYNC || (bytes[start + 3]! & 0x30) === 0) return false;
  }
  return true;
}

/**
 * Whether the file starts with two ADTS headers in a row (ISO 13818-7): the length in the first header points to the second header. The
 * second header may lie beyond the inspected bytes.
 */
function isAdts(bytes: Uint8Array): boolean {
  if (bytes.length < 7) return false;
  const length = ((bytes[3]! & 0x03) << 11) | (bytes[4]! << 3) | (bytes[5]! >> 5);
  if (length < 7) return false;
  if (length + 1 >= bytes.length) return true;
  return bytes[length] === 0xff && (bytes[length + 1]! & 0xf6) === 0xf0;
}

/** Whether the file starts with an MPEG audio frame header without reserved values (ISO 11172-3, 2.4.2.3). */
function isMpegAudio(bytes: Uint8Array): boolean {
  const version = (bytes[1]! >> 3) & 3;
  const layer = (bytes[1]! >> 1) & 3;
  const bitRate = bytes[2]! >> 4;
  const sampleRate = (bytes[2]! >> 2) & 3;
  return version !== 1 && layer !== 0 && bitRate !== 0 && bitRate !== 15 && sampleRate !== 3;
}

function detectSubtitles(bytes: Uint8Array): DetectedMedia | null {
  if (bytes.includes(0)) return null;
  const text = new TextDecoder('utf-8').decode(bytes).replace(/^\uFEFF/, '');
  if (/^WEBVTT(?:[ \t\r\n]|$)/.test(text)) return { mime: 'text/vtt', demuxer: 'webvtt' };
  if (/^\s{0,16}\[Script Info\]/i.test(text)) return { mime: 'text/x-ass', demuxer: 'ass' };
  if (/^\s{0,16}\d{1,9}[ \t]*\r?\n\d{1,3}:\d{2}:\d{2}[,.]\d{1,3}[ \t]*-->[ \t]*\d{1,3}:\d{2}:\d{2}[,.]\d/.test(text)) {
    return { mime: 'application/x-subrip', demuxer: 'srt' };
  }
  return null;
}
