import type { FileBytes } from '../file-bytes.ts';
import { checkLength } from '../limits.ts';
import { NotRewritable } from '../verdicts.ts';
import type { Box, BoxBudget } from './boxes.ts';
import { type Timeline, timelineOf } from './fragment-timeline.ts';
import { GatheredSamples, sampleBudget, type Times } from './gather-samples.ts';
import type { Movie, Track } from './movie.ts';
import { readDefaults, readFragments } from './read-fragments.ts';

/** Units per second. FFmpeg computes the duration of a fragmented file in microseconds, so the joined movie also uses microseconds. */
const TIMESCALE = 1_000_000;

const EMPTY_TIMELINE: Timeline = { edits: null, shift: 0, start: 0 };

export interface Fragments {
  /** The `mvex` box, if there is one. */
  defaults: Box | undefined;
  moofs: readonly Box[];
  /** Whether there is an index of segments (`sidx`). */
  indexed: boolean;
}

/**
 * Returns the movie with the samples of its fragments, as if they had been in its index. Throws `NotRewritable` if a plain index cannot
 * express the declarations of the fragments.
 */
export function joinFragments(
  file: FileBytes,
  movie: Movie,
  { defaults, moofs, indexed }: Fragments,
  budget: BoxBudget,
): Movie {
  if (moofs.length === 0) {
    // FFmpeg would compute the duration itself.
    if (defaults && movie.duration === 0) throw new NotRewritable('declares fragments that it does not contain');
    return movie;
  }
  if (!defaults) throw new NotRewritable('has fragments that its index does not declare');
  const samplesLeft = sampleBudget();
  const samples = new Map(movie.tracks.map((track) => [track.id, new GatheredSamples(track, samplesLeft)]));
  if (samples.size < movie.tracks.length) throw new NotRewritable('has fragments, and streams that share an id');
  const inIndex = new Map([...samples].map(([id, gathered]) => [id, gathered.times()]));
  const common = readDefaults(file, defaults, budget);
  readFragments(file, moofs, { samples, defaults: common, requireTimes: indexed });

  const timescale = Math.max(TIMESCALE, ...movie.tracks.map(({ media }) => media.timescale));
  if (timescale >= 2 ** 31) throw new NotRewritable('has an absurd time scale');
  const scales = { timescale: movie.timescale, newTimescale: timescale };
  const joined = movie.tracks.map((track) => {
    const gathered = samples.get(track.id)!;
    const times = gathered.times();
    if (gathered.count === 0) return { track, times, timeline: EMPTY_TIMELINE, table: gathered.table(0) };
    checkOffsets(inIndex.get(track.id)!, times, track);
    const timeline = timelineOf(track, times, inIndex.get(track.id)!, scales);
    return { track, times, timeline, table: gathered.table(timeline.shift) };
  });
  const shown = joined.filter(({ table }) => table.count > 0);
  if (shown.length === 0) throw new NotRewritable('contains no samples');
  const seconds = lengthOf(shown);
  checkLength(seconds);
  const tracks = joined.map(({ track, times, timeline, table }) => ({
    ...track,
    duration: Math.max(0, Math.round(((timeline.start + times.length) / track.media.timescale) * timescale)),
    media: { ...track.media, duration: times.length },
    edits: timeline.edits,
    samples: table,
  }));
  return { ...movie, timescale, duration: Math.round(seconds * timescale), tracks };
}

/** Throws `NotRewritable` if only the fragments have offsets. FFmpeg would apply these offsets to the index too. */
function checkOffsets(inIndex: Times, times: Times, { samples }: Track): void {
  if (samples.count === 0 || samples.offsets) return;
  if (times.minOffset !== inIndex.minOffset || times.maxOffset !== inIndex.maxOffset) {
    throw new NotRewritable('has offsets of presentation times only in its fragments');
  }
}

/** Returns the seconds from the start of the first stream to the end of the last stream, rounded to microseconds. */
function lengthOf(streams: readonly { track: Track; times: Times; timeline: Timeline }[]): number {
  let [begin, end, longest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const { track, times, timeline } of streams) {
    const start = Math.round((timeline.start / track.media.timescale) * TIMESCALE);
    const length = Math.round((times.length / track.media.timescale) * TIMESCALE);
    begin = Math.min(begin, start);
    end = Math.max(end, start + length);
    longest = Math.max(longest, length);
  }
  return Math.max(longest, end - begin) / TIMESCALE;
}
