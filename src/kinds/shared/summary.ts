import type { UploadMetadata } from '../../contract/uploads.ts';
import type { OutputFacts } from '../../jobs/rows.ts';
import type { MediaInfo } from '../../media/index.ts';

/** Summary of an input for clients. */
export function summarise(info: MediaInfo): UploadMetadata {
  const video = info.video.find((stream) => !stream.isAttachedPicture) ?? null;
  const audio = info.audio.find((stream) => stream.isDefault) ?? info.audio[0] ?? null;
  return {
    duration_seconds: info.isImage && !info.isAnimated ? null : info.durationSeconds,
    format: info.container,
    size_bytes: info.sizeBytes,
    video_codec: info.sourceCodec ?? video?.codec ?? null,
    audio_codec: audio?.codec ?? null,
    width: video?.displayWidth ?? null,
    height: video?.displayHeight ?? null,
    fps: video?.frameRate ?? null,
  };
}

/** Summary of an output for clients. */
export function outputFacts(format: string, info: MediaInfo, sha256: string): OutputFacts {
  const { duration_seconds, width, height, video_codec, audio_codec } = summarise(info);
  return { format, size: info.sizeBytes, duration_seconds, width, height, video_codec, audio_codec, sha256 };
}

/** Summary of a subtitle file, which is not probed. */
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
