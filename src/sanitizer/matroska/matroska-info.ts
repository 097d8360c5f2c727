import type { AudioStream, MediaInfo, VideoStream } from '../../ffmpeg/index.ts';
import type { FrameTiming } from '../../ffmpeg/plan/time/frame-timing.ts';
import { mustBe, unlessUnclear } from '../codecs/bits.ts';
import type { FileBytes } from '../file-bytes.ts';
import { movieInfo } from '../streams.ts';
import { firstFrames } from './first-frames.ts';
import { describeAudio, describeVideo } from './track-info.ts';
import type { KeptTracks } from './tracks.ts';

/** FFmpeg's name of the format. */
const CONTAINER = 'matroska,webm';

interface Head {
  tracks: KeptTracks;
  /** Duration in ticks; null if it is not declared. */
  duration: number | null;
  /** Nanoseconds per tick. */
  scale: number;
  /** Offset of the first cluster, and of the end of the segment. */
  mediaAt: number;
  limit: number;
}

/**
 * Returns the facts that ffprobe would report about the rewritten file; null if ffprobe may report something else. `timings` are the
 * timings of tracks by their numbers, if they are known.
 */
export function matroskaInfo(
  file: FileBytes,
  head: Head,
  timings: ReadonlyMap<number, FrameTiming> | null = null,
): MediaInfo | null {
  return unlessUnclear(() => {
    const { tracks, duration, scale, mediaAt, limit } = head;
    const microseconds = Math.trunc(((duration ?? 0) * scale * 1000) / 1e6);
    mustBe(microseconds > 0);
    const pictures = new Set(tracks.described.filter(({ isVideo }) => isVideo).map(({ number }) => number));
    const frames = firstFrames(file, mediaAt, limit, pictures);
    const video: VideoStream[] = [];
    const audio: AudioStream[] = [];
    for (const [index, { number, isVideo, values }] of tracks.described.entries()) {
      mustBe(values !== null);
      if (isVideo) video.push(describeVideo(index, values, frames.get(number), timings?.get(number)));
      else audio.push(describeAudio(index, values));
    }
    const described = { container: CONTAINER, demuxer: 'matroska', sizeBytes: file.size, microseconds };
    return movieInfo({ ...described, subtitles: tracks.texts.length }, video, audio);
  });
}
