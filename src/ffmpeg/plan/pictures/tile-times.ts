import { JobFailure } from '../../../contract/failures.ts';
import type { TilesRequest } from '../../../contract/transcode-request.ts';
import { timeText } from '../../policy/options/option-values.ts';
import type { PlanWarning } from '../../types.ts';

/** Maximum number of pictures of one output. */
export const MAX_TILES = 2000;

/** The intervals of an output. Each interval has one picture, from its middle. */
export interface TileTimes {
  count: number;
  /** Seconds of an interval. The last interval may be shorter. */
  interval: number;
  /** Seconds of the video. */
  end: number;
  warnings: readonly PlanWarning[];
}

/** Divides a video into intervals. Throws `JobFailure` if its duration is not known. */
export function tileTimes({ format, everySeconds, count }: TilesRequest, end: number | null): TileTimes {
  if (!end) {
    const message = `The duration of the input is unknown, and the format ${format} needs it.`;
    throw new JobFailure('unsupported_media', message);
  }
  if (count !== undefined) return { count, interval: end / count, end, warnings: [] };
  const wanted = everySeconds!;
  const least = end / MAX_TILES;
  if (wanted >= least)
    return { count: Math.max(1, Math.ceil(end / wanted - 0.001)), interval: wanted, end, warnings: [] };
  const message = `One picture every ${timeText(wanted)} s would be more than ${MAX_TILES} pictures. Airlock made one every ${timeText(least)} s.`;
  return { count: MAX_TILES, interval: least, end, warnings: [{ field: 'every_seconds', message }] };
}

/** Returns the middle of each interval, in seconds. */
export function middles({ count, interval, end }: TileTimes): number[] {
  return Array.from({ length: count }, (_, index) => {
    const start = index * interval;
    return (start + Math.min(end, start + interval)) / 2;
  });
}
