import type { ProbeAnswer, ProbedStream } from '../../contract/probe.ts';
import type { AudioStream, MediaInfo, VideoStream } from '../../ffmpeg/index.ts';
import { shownFrameRate } from './summary.ts';

/** Returns the properties of a file that clients see. `sizeBytes` is null if unknown. */
export function describeFile(
  info: MediaInfo,
  { sizeBytes, container }: { sizeBytes: number | null; container: ProbeAnswer['container'] },
): ProbeAnswer {
  const isStill = info.isImage && !info.isAnimated;
  const seconds = isStill ? null : info.durationSeconds;
  const video = info.video.map((stream) => ({
    ...videoStream(stream),
    fps: shownFrameRate(info, stream),
    ...(isStill && { duration_seconds: null }),
  }));
  const streams = [...video, ...info.audio.map(audioStream)];
  return {
    format: info.container,
    duration_seconds: seconds,
    size_bytes: sizeBytes,
    bit_rate: isStill ? null : (info.bitRate ?? overall(sizeBytes, seconds)),
    streams: streams.sort((a, b) => a.index - b.index),
    subtitle_count: info.subtitleCount,
    container,
  };
}

function overall(bytes: number | null, seconds: number | null): number | null {
  return bytes !== null && seconds ? Math.round((bytes * 8) / seconds) : null;
}

function videoStream(stream: VideoStream): Omit<ProbedStream, 'fps'> {
  return {
    ...{ index: stream.index, type: 'video', codec: stream.codec, profile: stream.profile },
    ...{ bit_rate: stream.bitRate, duration_seconds: stream.durationSeconds, is_default: stream.isDefault },
    ...{ language: null, width: stream.width, height: stream.height },
    ...{ display_width: stream.displayWidth, display_height: stream.displayHeight, rotation: stream.rotation },
    ...{ frames: stream.frames, pixel_format: stream.pixelFormat, bit_depth: stream.bitDepth },
    ...{ color_transfer: stream.colorTransfer, color_primaries: stream.colorPrimaries },
    ...{ color_space: stream.colorSpace, color_range: stream.colorRange },
    ...{ is_hdr: stream.isHdr, is_interlaced: stream.isInterlaced, has_alpha: stream.hasAlpha },
    ...{ is_cover: stream.isAttachedPicture, channels: null, sample_rate: null },
  };
}

function audioStream(stream: AudioStream): ProbedStream {
  return {
    ...{ index: stream.index, type: 'audio', codec: stream.codec, profile: stream.profile },
    ...{ bit_rate: stream.bitRate, duration_seconds: stream.durationSeconds, is_default: stream.isDefault },
    ...{ language: stream.language, width: null, height: null, display_width: null, display_height: null },
    ...{ rotation: null, fps: null, frames: null, pixel_format: null, bit_depth: stream.bitDepth },
    ...{ color_transfer: null, color_primaries: null, color_space: null, color_range: null },
    ...{ is_hdr: null, is_interlaced: null, has_alpha: null, is_cover: null },
    ...{ channels: stream.channels, sample_rate: stream.sampleRate },
  };
}
