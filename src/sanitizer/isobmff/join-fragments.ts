import type { FileBytes } from '../file-bytes.ts';
import { refuseLength } from '../limits.ts';
import { NotRewritable } from '../verdicts.ts';
import type { Box, BoxBudget } from './boxes.ts';
import { GatheredSamples, sampleBudget, type Times } from './gather-samples.ts';
import type { Movie, Track } from './movie.ts';
import { type Placement, placeInTime } from './place-in-time.ts';
import { readDefaults, readFragments } from './read-fragments.ts';

/** FFmpeg counts the length of a file in fragments in microseconds; so does the movie that is made of it. */
const TIMESCALE = 1_000_000;

const NOWHERE: Placement = { edits: null, shift: 0, start: 0 };

export interface Fragments {
  /** `mvex`; absent = none. */
  defaults: Box | undefined;
  moofs: readonly Box[];
  /** Whether there is an index of segments (`sidx`). */
  indexed: boolean;
}

/**
 * A movie with the samples of its fragments, as if they had been in its index. Throws `NotRewritable` where a plain
 * index could not express what the fragments state.
 */
export function joinFragments(
  file: FileBytes,
  movie: Movie,
  { defaults, moofs, indexed }: Fragments,
  budget: BoxBudget,
): Movie {
  if (moofs.length === 0) {
    // FFmpeg would reckon the length itself.
    if (defaults && movie.duration === 0) throw new NotRewritable('announces fragments that it does not have');
    return movie;
  }
  if (!defaults) throw new NotRewritable('has fragments that its index does not announce');
  const most = sampleBudget();
  const samples = new Map(movie.tracks.map((track) => [track.id, new GatheredSamples(track, most)]));
  if (samples.size < movie.tracks.length) throw new NotRewritable('has fragments, and streams that share a number');
  const inIndex = new Map([...samples].map(([id, gathered]) => [id, gathered.times()]));
  const common = readDefaults(file, defaults, budget);
  readFragments(file, moofs, { samples, defaults: common, mustStateTimes: indexed });

  const timescale = Math.max(TIMESCALE, ...movie.tracks.map(({ media }) => media.timescale));
  if (timescale >= 2 ** 31) throw new NotRewritable('counts time in absurd units');
  const scales = { timescale: movie.timescale, newTimescale: timescale };
  const joined = movie.tracks.map((track) => {
    const gathered = samples.get(track.id)!;
    const times = gathered.times();
    if (gathered.count === 0) return { track, times, placement: NOWHERE, table: gathered.table(0) };
    checkOffsets(inIndex.get(track.id)!, times, track);
    const placement = placeInTime(track, times, inIndex.get(track.id)!, scales);
    return { track, times, placement, table: gathered.table(placement.shift) };
  });
  const shown = joined.filter(({ table }) => table.count > 0);
  if (shown.length === 0) throw new NotRewritable('contains no samples');
  const seconds = lengthOf(shown);
  refuseLength(seconds);
  const tracks = joined.map(({ track, times, placement, table }) => ({
    ...track,
    duration: Math.max(0, Math.round(((placement.start + times.length) / track.media.timescale) * timescale)),
    media: { ...track.media, duration: times.length },
    edits: placement.edits,
    samples: table,
  }));
  return { ...movie, timescale, duration: Math.round(seconds * timescale), tracks };
}

/** FFmpeg mistakes the offsets of fragments for those of the index where the index has none. */
function checkOffsets(inIndex: Times, times: Times, { samples }: Track): void {
  if (samples.count === 0 || samples.offsets) return;
  if (times.minOffset !== inIndex.minOffset || times.maxOffset !== inIndex.maxOffset) {
    throw new NotRewritable('has offsets of presentation times in its fragments alone');
  }
}

/** Seconds from where the first stream begins to where the last one ends, in whole microseconds. */
function lengthOf(streams: readonly { track: Track; times: Times; placement: Placement }[]): number {
  let [begin, end, longest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const { track, times, placement } of streams) {
    const start = Math.round((placement.start / track.media.timescale) * TIMESCALE);
    const length = Math.round((times.length / track.media.timescale) * TIMESCALE);
    begin = Math.min(begin, start);
    end = Math.max(end, start + length);
    longest = Math.max(longest, length);
  }
  return Math.max(longest, end - begin) / TIMESCALE;
}
