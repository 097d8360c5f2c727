import type { FileBytes } from '../file-bytes.ts';
import { listSamples, type Samples } from '../isobmff/list-samples.ts';
import type { Movie, Track } from '../isobmff/movie.ts';
import { codecOf } from '../isobmff/movie-facts.ts';
import { readMovie } from '../isobmff/read-movie.ts';
import { NoStreams, NotRewritable } from '../verdicts.ts';
import type { LadderSource } from './types.ts';

/** The only stream of a movie, with times that begin at zero. */
export interface LadderStream {
  file: FileBytes;
  movie: Movie;
  track: Track;
  /** `times` are decoding times from zero. A sample is shown at its time plus its offset minus `hidden`. */
  samples: Samples;
  /** Units by which the first picture is shown late, because other pictures are decoded before it. An edit list hides these units. */
  hidden: number;
  /** Units of each sample if all samples have the same duration, otherwise of the first sample. */
  step: number;
}

const NORMAL_RATE = 0x10000;
/** Offset of the width and the height of the pictures in a sample entry, 16 bits each. */
const SIZE_AT = 8 + 24;

/** Reads a movie that a cell has written. Throws `NotRewritable` or `Rejected` if the movie differs from the plan. */
export function readStream(file: FileBytes, { codec, size }: LadderSource): LadderStream {
  const movie = readMovie(file);
  const [track, ...others] = movie.tracks;
  if (!track || others.length > 0 || track.kind !== (size ? 'video' : 'audio') || codecOf(track) !== codec) {
    throw new NotRewritable(`has a part that is not one stream of ${codec}`);
  }
  const isAsWide = !size || track.entry.readUInt16BE(SIZE_AT) === size.width;
  const isAsHigh = !size || track.entry.readUInt16BE(SIZE_AT + 2) === size.height;
  if (!isAsWide || !isAsHigh) throw new NotRewritable('has a rendition of another size');
  if (track.samples.count === 0) throw new NoStreams('has an empty rendition');
  const listed = completeTimes(listSamples(track));
  const hidden = hiddenUnits(track);
  if (track.kind === 'video') checkStart(listed, hidden);
  const samples = track.kind === 'video' ? listed : withoutStart(listed, hidden);
  const step = samples.times[1]! - samples.times[0]!;
  return { file, movie, track, samples, hidden: track.kind === 'video' ? hidden : 0, step };
}

/** Completes the duration of the last frame. FFmpeg does not know this duration, and writes zero. */
function completeTimes(samples: Samples): Samples {
  const { count, times } = samples;
  if (times[count] === times[count - 1]) {
    times[count] = times[count - 1]! + (count > 1 ? times[count - 1]! - times[count - 2]! : 1);
  }
  for (let index = 0; index < count; index++) {
    if (!(times[index + 1]! > times[index]!)) throw new NotRewritable('has samples of no duration');
  }
  return samples;
}

/** Returns the number of units that the edit list hides, which are the delay of an encoder. */
function hiddenUnits({ edits }: Track): number {
  const [shown, ...others] = edits ?? [];
  if (!shown) return 0;
  if (others.length > 0 || shown.mediaTime < 0 || shown.rate !== NORMAL_RATE) {
    throw new NotRewritable('has a rendition that does not begin at zero');
  }
  return shown.mediaTime;
}

/** Throws unless the first picture is shown at zero. */
function checkStart({ count, times, offsets }: Samples, hidden: number): void {
  let earliest = Number.POSITIVE_INFINITY;
  for (let index = 0; index < count; index++) earliest = Math.min(earliest, times[index]! + offsets[index]!);
  if (earliest !== hidden) throw new NotRewritable('has a rendition that does not begin at zero');
}

/** Omits the samples that an audio encoder writes before the first sample of the sound. A fragmented file then needs no edit list. */
function withoutStart(samples: Samples, hidden: number): Samples {
  let skipped = 0;
  while (skipped < samples.count - 1 && samples.times[skipped + 1]! <= hidden) skipped++;
  const first = samples.times[skipped]!;
  return {
    count: samples.count - skipped,
    times: samples.times.slice(skipped).map((time) => time - first),
    offsets: samples.offsets.slice(skipped).fill(0),
    sizes: samples.sizes.slice(skipped),
    positions: samples.positions.slice(skipped),
    isKey: samples.isKey.slice(skipped).fill(1),
  };
}
