import {
  type MediaInfo,
  type SourceText,
  withDuration,
  withFields,
  withSizes,
  withTimings,
  withTurns,
} from '../../ffmpeg/index.ts';
import type { Corrections } from '../../sanitizer/index.ts';

/** Corrects a description with the facts that the sanitizer has read in the entire file. ffprobe reads only the beginning of a file. */
export function completeInfo(info: MediaInfo, corrections: Corrections): MediaInfo {
  const { timings = null, clockSeconds = null, mayHaveFields, changesSize, turns = [], truncation } = corrections;
  const timed = withSizes(withTimings(withDuration(info, clockSeconds), timings), changesSize);
  const upright = withTurns(mayHaveFields ? withFields(timed) : timed, turns);
  return truncation ? { ...upright, truncation } : upright;
}

/** Counts all tracks of subtitles of the source. FFmpeg finds only the tracks that the sanitizer keeps. */
export function withSubtitleCount(info: MediaInfo, text: SourceText | null): MediaInfo {
  return text ? { ...info, subtitleCount: text.subtitles } : info;
}
