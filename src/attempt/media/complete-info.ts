import { type MediaInfo, withDuration, withFields, withSizes, withTimings } from '../../ffmpeg/index.ts';
import type { SanitizeResult } from '../../sanitizer/index.ts';

/** Corrects ffprobe's description by what the sanitizer has read, because ffprobe reads only the beginning of a file. */
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
