import { type MediaInfo, withDuration, withFields, withSizes, withTimings, withTurns } from '../../ffmpeg/index.ts';
import type { Corrections } from '../../sanitizer/index.ts';

/** Corrects a description with the facts that the sanitizer has read in the entire file. ffprobe reads only the beginning of a file. */
export function completeInfo(info: MediaInfo, corrections: Corrections): MediaInfo {
  const { timings = null, clockSeconds = null, mayHaveFields, changesSize, turns = [] } = corrections;
  const timed = withSizes(withTimings(withDuration(info, clockSeconds), timings), changesSize);
  return withTurns(mayHaveFields ? withFields(timed) : timed, turns);
}
