import { type MediaInfo, withDuration, withFields, withTimings } from '../../ffmpeg/index.ts';
import type { SanitizeResult } from '../../sanitizer/index.ts';

/** Corrects ffprobe's description with the facts that the sanitizer has read. ffprobe reads only the beginning of a file. */
export function completeInfo(
  info: MediaInfo,
  { timings, clockSeconds, mayHaveFields }: Pick<SanitizeResult, 'timings' | 'clockSeconds' | 'mayHaveFields'>,
): MediaInfo {
  const timed = withTimings(withDuration(info, clockSeconds), timings);
  return mayHaveFields ? withFields(timed) : timed;
}
