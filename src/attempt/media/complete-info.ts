import { type MediaInfo, withDuration, withFields, withSizes, withTimings } from '../../ffmpeg/index.ts';
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
