import type { AudioStream, MediaInfo, Rotation, VideoStream } from '../ffmpeg/index.ts';
import type { FrameTiming } from '../ffmpeg/plan/time/frame-timing.ts';
import { displaySize, mayChangeSize, sampleAspect } from '../ffmpeg/probe/display-size.ts';
import { bitDepthOf, isAlphaFormat } from '../ffmpeg/probe/pixel-formats.ts';
import { mustBe } from './codecs/bits.ts';
import type { Color } from './codecs/color.ts';
import { scaled } from './codecs/rational.ts';
import type { Picture, Sound } from './codecs/types.ts';
import type { ContainerFacts } from './types.ts';

/* Combines the declarations of a container and its streams as ffprobe does. */

/** The facts that the container declares about a video stream. */
export interface VideoTrack {
  color: Color;
  /** Width of a sample divided by its height; null if the stream declares it. */
  aspect: number | null;
  rotation: Rotation;
  hasAlpha?: boolean;
  frameRate: number | null;
  /** Absent if the times of the frames were not read. */
  timing?: FrameTiming | undefined;
  bitRate: number | null;
  frames: number | null;
  isDefault: boolean;
  isSecondary?: boolean;
  durationSeconds: number | null;
}

export function videoStream(
  index: number,
  picture: Picture,
  track: VideoTrack & { isAttachedPicture?: boolean },
): VideoStream {
  const { codec, profile, width, height } = picture;
  // Decoders output full chroma with the matrix of RGB as RGB.
  const isRgb = picture.color.colorSpace === 'gbr';
  const pixelFormat = isRgb ? picture.pixelFormat.replace(/^yuvj?444p/, 'gbrp') : picture.pixelFormat;
  const rotation = picture.rotation ?? track.rotation;
  const { frameRate, bitRate, frames, isDefault, durationSeconds } = track;
  const color = { ...track.color, ...picture.color };
  const aspect = sampleAspect(track.aspect ?? picture.aspect ?? 1, 1);
  const { wide, tall } = displaySize(width, height, aspect);
  const isSideways = rotation === 90 || rotation === 270;
  return {
    ...{ index, codec, profile, width, height, rotation, sampleAspectRatio: aspect },
    ...(isSideways ? { displayWidth: tall, displayHeight: wide } : { displayWidth: wide, displayHeight: tall }),
    ...{ pixelFormat, bitDepth: bitDepthOf(pixelFormat, null) },
    hasAlpha: track.hasAlpha === true || isAlphaFormat(pixelFormat),
    ...{ frameRate, ...track.timing, ...color },
    ...(picture.rgbProfile && { rgbProfile: picture.rgbProfile }),
    isHdr: color.colorTransfer === 'smpte2084' || color.colorTransfer === 'arib-std-b67',
    ...{
      isAttachedPicture: track.isAttachedPicture === true,
      bitRate,
      frames,
      isInterlaced: false,
      isDefault,
      durationSeconds,
    },
    ...((mayChangeSize(codec, null) || picture.rotation !== undefined) && { mayChangeSize: true }),
    ...(picture.rotation !== undefined && { mayTurn: true as const }),
    ...(track.isSecondary && { isSecondary: true as const }),
  };
}

/** The facts that the container declares about an audio stream. */
export type AudioTrack = Pick<AudioStream, 'bitRate' | 'isDefault' | 'isSecondary' | 'language' | 'durationSeconds'>;

export function audioStream(index: number, sound: Sound, track: AudioTrack): AudioStream {
  return { index, ...sound, ...track };
}

/** Returns the description of a file with these streams. `microseconds` is its duration. `subtitles` is the number of other streams. */
export function movieInfo(
  file: { container: string; demuxer: string; sizeBytes: number; microseconds: number; subtitles?: number },
  video: VideoStream[],
  audio: AudioStream[],
): MediaInfo {
  const { container, demuxer, sizeBytes, microseconds, subtitles = 0 } = file;
  return {
    ...{ container, demuxer, sizeBytes, durationSeconds: microseconds / 1e6 },
    bitRate: Math.trunc((sizeBytes * 8e6) / microseconds),
    streamCount: video.length + audio.length + subtitles,
    ...{ video, audio, subtitleCount: subtitles, isImage: false, isAnimated: false },
  };
}

/** Returns the description of a file with one audio stream. `duration` is in samples, unless a time scale is given. */
export function soundInfo(
  file: { demuxer: string; sizeBytes: number },
  sound: Sound,
  track: { duration: number; timescale?: number; bitRate: number | null },
): MediaInfo {
  const { duration, timescale = sound.sampleRate, bitRate } = track;
  const microseconds = scaled(duration, 1_000_000, timescale);
  mustBe(microseconds > 0);
  const durationSeconds = printedSeconds(duration, timescale);
  const stream = audioStream(0, sound, { bitRate, isDefault: false, language: null, durationSeconds });
  return movieInfo({ ...file, container: file.demuxer, microseconds }, [], [stream]);
}

/** Returns seconds in the form in which ffprobe prints them, to the microsecond. */
export function printedSeconds(units: number, unitsPerSecond: number): number {
  return Number((units * (1 / unitsPerSecond)).toFixed(6));
}

/** Returns the facts that a description contains. */
export function infoFacts(info: MediaInfo | null): ContainerFacts | null {
  if (!info) return null;
  const { durationSeconds, isImage, isAnimated } = info;
  return {
    ...{ durationSeconds, isImage, isAnimated },
    video: info.video.map(({ codec, width, height, displayWidth, displayHeight, isAttachedPicture }) => {
      return { codec, width, height, displayWidth, displayHeight, isAttachedPicture };
    }),
    audio: info.audio.map(({ codec, isDefault }) => ({ codec, isDefault })),
  };
}
