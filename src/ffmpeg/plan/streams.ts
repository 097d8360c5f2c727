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

/** Returns the first video that is not cover art. */
export function mainVideo(info: MediaInfo): VideoStream | null {
  return info.video.find((stream) => !stream.isAttachedPicture && stream.width > 0) ?? null;
}

/** Returns the cover art. An output picture shows the cover art if the input has no video. */
export function coverArt(info: MediaInfo): VideoStream | null {
  return info.video.find((stream) => stream.isAttachedPicture && stream.width > 0) ?? null;
}

/** Returns the audio stream that is marked as default, otherwise the first audio stream. */
export function mainAudio(info: MediaInfo): AudioStream | null {
  return info.audio.find((stream) => stream.isDefault) ?? info.audio[0] ?? null;
}

/** Returns the bits per second at which the encoder can keep the quality of the video; null as in `videoBitRate`. */
export function equalVideoBitRate(info: MediaInfo, stream: VideoStream, encoder: string): number | null {
  const bitRate = videoBitRate(info, stream);
  return bitRate === null ? null : equalBitRate(bitRate, stream.codec, encoder);
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
