import type { AssetKind, AudioStream, MediaInfo, VideoStream } from '../types.ts';
import { plainVideo } from './streams.ts';

/** Assumed type of a file that has not been probed yet, with FFmpeg's name of the demuxer. */
export type AssumedKind =
  | 'mov'
  | 'mp3'
  | 'wav'
  | 'png_pipe'
  | 'jpeg_pipe'
  | 'webp_pipe'
  | 'gif'
  | 'apng'
  | 'srt'
  | 'webvtt'
  | 'ass';

const BY_EXTENSION: Readonly<Record<string, AssumedKind>> = {
  mp3: 'mp3',
  m4a: 'mp3',
  aac: 'mp3',
  ogg: 'mp3',
  opus: 'mp3',
  flac: 'mp3',
  wav: 'wav',
  png: 'png_pipe',
  jpg: 'jpeg_pipe',
  jpeg: 'jpeg_pipe',
  webp: 'webp_pipe',
  avif: 'png_pipe',
  heic: 'png_pipe',
  heif: 'png_pipe',
  gif: 'gif',
  apng: 'apng',
  srt: 'srt',
  vtt: 'webvtt',
  ass: 'ass',
  ssa: 'ass',
};
const BY_KIND: Readonly<Record<AssetKind, AssumedKind>> = {
  media: 'mov',
  picture: 'png_pipe',
  subtitle: 'srt',
  lut: 'mov',
  font: 'mov',
};

/** Guesses the type from the extension of a URL's path, or else from the kind of asset. */
export function assumedKind(url: string, kind: AssetKind): AssumedKind {
  const path = url.split(/[?#]/, 1)[0] ?? '';
  const extension = /\.([a-z0-9]{2,5})$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  return (Object.hasOwn(BY_EXTENSION, extension) && BY_EXTENSION[extension]) || BY_KIND[kind];
}

export function assumedInfo(demuxer: AssumedKind): MediaInfo {
  const isImage = demuxer.endsWith('_pipe');
  const isSound = demuxer === 'mp3' || demuxer === 'wav';
  const isSubtitle = demuxer === 'srt' || demuxer === 'webvtt' || demuxer === 'ass';
  const isAnimated = demuxer === 'gif' || demuxer === 'apng';
  const video =
    isSound || isSubtitle
      ? []
      : [
          assumedVideo(
            isImage ? { codec: 'png', still: true } : { codec: isAnimated ? demuxer : 'h264', still: false },
          ),
        ];
  const audio = isSound || demuxer === 'mov' ? [assumedAudio(video.length)] : [];
  return {
    container: demuxer,
    demuxer,
    durationSeconds: isImage ? null : ASSUMED_SECONDS,
    sizeBytes: 30_000_000,
    bitRate: null,
    streamCount: video.length + audio.length + (isSubtitle ? 1 : 0),
    video,
    audio,
    subtitleCount: isSubtitle ? 1 : 0,
    isImage,
    isAnimated,
  };
}

const ASSUMED_SECONDS = 60;

function assumedVideo({ codec, still }: { codec: string; still: boolean }): VideoStream {
  const isRgb = codec !== 'h264';
  const video = plainVideo({
    index: 0,
    codec,
    width: 1920,
    height: 1080,
    pixelFormat: isRgb ? 'rgb24' : 'yuv420p',
    bitDepth: 8,
    hasAlpha: false,
    frameRate: still ? null : 30,
    durationSeconds: still ? null : ASSUMED_SECONDS,
  });
  if (isRgb) return video;
  return { ...video, colorSpace: 'bt709', colorPrimaries: 'bt709', colorTransfer: 'bt709', colorRange: 'tv' };
}

function assumedAudio(index: number): AudioStream {
  return {
    index,
    codec: 'aac',
    profile: null,
    channels: 2,
    sampleRate: 48_000,
    bitRate: 128_000,
    bitDepth: null,
    isDefault: true,
    language: null,
    durationSeconds: ASSUMED_SECONDS,
  };
}
