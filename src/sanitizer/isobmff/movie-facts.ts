import { displaySize, sampleAspect } from '../../ffmpeg/probe/display-size.ts';
import type { ContainerFacts } from '../types.ts';
import { mpeg4Codec } from './esds.ts';
import type { Movie, Track } from './movie.ts';

/** FFmpeg's codec names by type of sample entry. `mp4a` and `mp4v` declare their codec in an `esds`. */
export const MOVIE_CODECS: Readonly<Record<string, string>> = {
  ...{ avc1: 'h264', avc3: 'h264', hvc1: 'hevc', hev1: 'hevc', av01: 'av1', vp08: 'vp8', vp09: 'vp9' },
  ...{ Opus: 'opus', fLaC: 'flac', alac: 'alac' },
};
/** Offset of the boxes in a video sample entry, after the box header and the fixed fields. */
const PICTURE_BOXES = 8 + 78;
const IDENTITY = [0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000];

/**
 * Returns the facts of a movie. Returns null if only ffprobe can find them, for example for fragments, rotation, rarer codecs, or a missing
 * pixel aspect ratio.
 */
export function movieFacts(movie: Movie): ContainerFacts | null {
  if (movie.isFragmented || movie.duration === 0 || !isIdentity(movie.matrix)) return null;
  const video: ContainerFacts['video'] = [];
  const audio: ContainerFacts['audio'] = [];
  for (const track of movie.tracks) {
    const codec = codecOf(track);
    if (codec === null || track.samples.count === 0) return null;
    if (track.kind === 'audio') audio.push({ codec, isDefault: (track.flags & 1) === 1 });
    else {
      const picture = pictureOf(track, codec);
      if (!picture) return null;
      video.push(picture);
    }
  }
  // FFmpeg rounds to microseconds.
  const durationSeconds = Math.round((movie.duration / movie.timescale) * 1e6) / 1e6;
  return { durationSeconds, isImage: false, isAnimated: false, video, audio };
}

/** Returns FFmpeg's name of the codec; null for rarer codecs. */
export function codecOf({ entry }: Track): string | null {
  const type = entry.toString('latin1', 4, 8);
  return type === 'mp4a' || type === 'mp4v' ? mpeg4Codec(entry) : (MOVIE_CODECS[type] ?? null);
}

function pictureOf(track: Track, codec: string): ContainerFacts['video'][number] | null {
  const shape = boxIn(track.entry, PICTURE_BOXES, 'pasp');
  if (!shape || shape.length < 8 || !isIdentity(track.matrix)) return null;
  const width = track.entry.readUInt16BE(8 + 24);
  const height = track.entry.readUInt16BE(8 + 26);
  const { wide, tall } = displaySize(width, height, sampleAspect(shape.readUInt32BE(0), shape.readUInt32BE(4)));
  return { codec, width, height, displayWidth: wide, displayHeight: tall, isAttachedPicture: false };
}

/** Returns the content of the first box of this type in a rewritten sample entry; null if there is none. */
function boxIn(entry: Buffer, from: number, type: string): Buffer | null {
  for (let at = from; at + 8 <= entry.length; ) {
    const size = entry.readUInt32BE(at);
    if (entry.toString('latin1', at + 4, at + 8) === type) return entry.subarray(at + 8, at + size);
    at += Math.max(8, size);
  }
  return null;
}

export function isIdentity(matrix: Buffer): boolean {
  return IDENTITY.every((value, index) => matrix.readUInt32BE(index * 4) === value);
}
