import {
  type MediaInfo,
  type SourceText,
  withDuration,
  withFields,
  withSizes,
  withTimings,
} from '../../ffmpeg/index.ts';
import type { SanitizeResult } from '../../sanitizer/index.ts';

/** Corrects ffprobe's description with the facts that the sanitizer has read. ffprobe reads only the beginning of a file. */
export function completeInfo(
  info: MediaInfo,
  {
    timings,
    clockSeconds,
    mayHaveFields,
    changesSize,
  }: Pick<SanitizeResult, 'timings' | 'clockSeconds' | 'mayHaveFields' | 'changesSize'>,
): MediaInfo {
  const timed = withSizes(withTimings(withDuration(info, clockSeconds), timings), changesSize);
  return mayHaveFields ? withFields(timed) : timed;
}

/** Counts all tracks of subtitles of the source. FFmpeg finds only the tracks that the sanitizer keeps. */
export function withSubtitleCount(info: MediaInfo, text: SourceText | null): MediaInfo {
  return text ? { ...info, subtitleCount: text.subtitles } : info;
}
