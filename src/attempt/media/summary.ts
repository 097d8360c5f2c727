import type { UploadMetadata } from '../../contract/uploads.ts';
import {
  type MediaInfo,
  mainAudio,
  mainVideo,
  motionRate,
  type OutputInfo,
  type StreamPlans,
  type VideoStream,
} from '../../ffmpeg/index.ts';
import type { OutputFacts } from '../../jobs/rows.ts';

/** Returns the summary of an input for clients. */
export function summarise(info: MediaInfo): UploadMetadata {
  const video = mainVideo(info);
  const audio = mainAudio(info);
  return {
    duration_seconds: shownDuration(info),
    format: info.container,
    size_bytes: info.sizeBytes,
    video_codec: info.sourceCodec ?? video?.codec ?? null,
    audio_codec: audio?.codec ?? null,
    width: video?.displayWidth ?? null,
    height: video?.displayHeight ?? null,
    fps: video ? shownFrameRate(info, video) : null,
  };
}

/** Returns the frame rate that clients see. Null for a still and for a cover, which FFmpeg reads as video with an assumed frame rate. */
export function shownFrameRate({ isImage, isAnimated }: MediaInfo, stream: VideoStream): number | null {
  return (isImage && !isAnimated) || stream.isAttachedPicture ? null : motionRate(stream);
}

/** Returns the summary of an output for clients. */
export function outputFacts(
  format: string,
  info: OutputInfo,
  made: { sha256: string; plan?: StreamPlans },
): OutputFacts {
  return { format, size: info.sizeBytes, ...mediaFacts(info), ...made };
}

/** Returns the properties of an output's media that clients see. */
export function mediaFacts(info: Omit<OutputInfo, 'sizeBytes'>): MediaFacts {
  const video = info.video.find((stream) => !stream.isAttachedPicture) ?? null;
  const audio = info.audio.find((stream) => stream.isDefault) ?? info.audio[0] ?? null;
  return {
    duration_seconds: shownDuration(info),
    width: video?.displayWidth ?? null,
    height: video?.displayHeight ?? null,
    video_codec: video?.codec ?? null,
    audio_codec: audio?.codec ?? null,
  };
}

type MediaFacts = Pick<OutputFacts, 'duration_seconds' | 'width' | 'height' | 'video_codec' | 'audio_codec'>;

/** Returns the duration in seconds, or null for a still picture. */
function shownDuration(info: Pick<OutputInfo, 'isImage' | 'isAnimated' | 'durationSeconds'>): number | null {
  return info.isImage && !info.isAnimated ? null : info.durationSeconds;
}

/** Returns the summary of a subtitle file, which is not probed. */
export function subtitleSummary(format: string, sizeBytes: number): UploadMetadata {
  return {
    duration_seconds: null,
    format,
    size_bytes: sizeBytes,
    video_codec: null,
    audio_codec: null,
    width: null,
    height: null,
    fps: null,
  };
}
