import type { Quality } from '../../contract/formats.ts';
import { equalBitRate } from '../policy/encoders/encoder-settings.ts';
import type { AudioStream, MediaInfo, VideoStream } from '../types.ts';

/** Returns plain video: upright, with square pixels, progressive, and without color tags. `known` sets the other properties. */
export function plainVideo(
  known: Pick<
    VideoStream,
    'index' | 'codec' | 'width' | 'height' | 'pixelFormat' | 'bitDepth' | 'hasAlpha' | 'frameRate' | 'durationSeconds'
  >,
): VideoStream {
  return {
    profile: null,
    rotation: 0,
    sampleAspectRatio: 1,
    displayWidth: known.width,
    displayHeight: known.height,
    colorTransfer: null,
    colorPrimaries: null,
    colorSpace: null,
    colorRange: null,
    isHdr: false,
    isAttachedPicture: false,
    bitRate: null,
    frames: null,
    isInterlaced: false,
    isDefault: true,
    ...known,
  };
}

/** Returns the video that a player shows: no cover art, and if possible the default and largest stream. */
export function mainVideo({ video }: Pick<MediaInfo, 'video'>): VideoStream | null {
  return preferred(
    video.filter((stream) => !stream.isAttachedPicture && stream.width > 0),
    [({ isSecondary }) => !isSecondary, ({ isDefault }) => isDefault, ({ width, height }) => width * height],
  );
}

/** Returns the cover art. An output picture shows the cover art if the input has no video. */
export function coverArt(info: MediaInfo): VideoStream | null {
  return info.video.find((stream) => stream.isAttachedPicture && stream.width > 0) ?? null;
}

/** Returns the audio that a player plays: of the program of the main video, and if possible the default stream. */
export function mainAudio(info: Pick<MediaInfo, 'video' | 'audio' | 'programs'>): AudioStream | null {
  const video = mainVideo(info);
  const own = new Set(info.programs?.filter((indexes) => video && indexes.includes(video.index)).flat());
  return preferred(info.audio, [
    ({ index }) => own.has(index),
    ({ isSecondary }) => !isSecondary,
    ({ isDefault }) => isDefault,
  ]);
}

/** Returns the best stream. The first criterion in which streams differ decides; among equal streams, the first stream is the best. */
function preferred<T>(streams: readonly T[], criteria: readonly ((stream: T) => number | boolean)[]): T | null {
  const isBetter = (next: T, best: T): boolean => {
    const difference = criteria.map((of) => Number(of(next)) - Number(of(best))).find((value) => value !== 0);
    return difference !== undefined && difference > 0;
  };
  return streams.reduce<T | null>((best, next) => (best === null || isBetter(next, best) ? next : best), null);
}

/** Returns the bits per second at which the encoder can keep the quality of the video; null as in `videoBitRate`. */
export function equalVideoBitRate(
  info: MediaInfo,
  stream: VideoStream,
  encoder: string,
  quality: Quality,
): number | null {
  const bitRate = videoBitRate(info, stream);
  return bitRate === null ? null : equalBitRate(bitRate, stream.codec, encoder, quality);
}

/**
 * Returns the bits per second of the video, from the stream or else from the entire file (an upper bound). Returns null if the rate is
 * unknown, and for pictures, whose rate does not determine the rate of a video made of them.
 */
function videoBitRate(info: MediaInfo, stream: VideoStream): number | null {
  if (info.isImage || info.isAnimated) return null;
  if (stream.bitRate !== null) return stream.bitRate;
  if (info.bitRate === null) return null;
  const audio = info.audio.reduce((sum, track) => sum + (track.bitRate ?? 0), 0);
  return info.bitRate > audio ? info.bitRate - audio : info.bitRate;
}
