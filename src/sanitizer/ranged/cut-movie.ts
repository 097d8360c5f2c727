import type { PictureTime } from '../../ffmpeg/index.ts';
import { GatheredSamples, sampleBudget } from '../isobmff/gather-samples.ts';
import { listSamples, type Samples } from '../isobmff/list-samples.ts';
import type { Movie, SampleTable, Track } from '../isobmff/movie.ts';
import { NotRewritable } from '../verdicts.ts';
import type { Range } from './sparse-bytes.ts';

/** Number of seconds from the start of a stream that FFmpeg analyzes when it opens a file. */
const ANALYSED_SECONDS = 2;
/** Numbers of seconds and pictures after the wanted picture that are kept, because decoders delay pictures to sort them. */
const AFTER_SECONDS = 1;
const AFTER_PICTURES = 48;
/** Seconds by which FFmpeg seeks earlier in streams whose pictures are not stored in presentation order. */
const EARLIER_SECONDS = 0.5;
const NORMAL_RATE = 0x10000;

/** Returns the bytes of the file from its first sample to the last sample that FFmpeg analyzes. */
export function startRange({ tracks }: Movie): Range {
  const range = { start: Number.POSITIVE_INFINITY, end: 0 };
  for (const track of tracks) {
    const { chunks } = track.samples;
    const last = sampleAt(listSamples(track), ANALYSED_SECONDS * track.media.timescale);
    let before = 0;
    for (let chunk = 0; chunk < chunks.count && before <= last; chunk++) {
      before += chunks.samples[chunk]!;
      range.start = Math.min(range.start, chunks.offsets[chunk]!);
      range.end = Math.max(range.end, chunks.offsets[chunk]! + chunks.bytes[chunk]!);
    }
  }
  if (range.end <= range.start) throw new NotRewritable('has no samples');
  return range;
}

/**
 * Reduces a movie to its only video stream, and this stream to its start and the samples that are needed to show the stream at these times:
 * the samples from the key frame before the key frame at or before a time, or only the key frames. The last sample before a gap lasts until
 * the end of the gap, so every sample keeps its time. Throws `NotRewritable` if the movie is too unusual.
 */
export function cutMovie(
  movie: Movie,
  { pictures, isSought }: { pictures: readonly PictureTime[]; isSought: boolean },
): Movie {
  const [track, ...others] = movie.tracks.filter(({ kind }) => kind === 'video');
  if (!track || others.length > 0) throw new NotRewritable('does not have exactly one video stream');
  if (track.samples.groups.length > 0) throw new NotRewritable('has other points than key frames to decode from');
  const samples = listSamples(track);
  const { timescale } = track.media;
  const isKept = new Uint8Array(samples.count);
  // Always keep the start, which may contain all wanted samples.
  isKept.fill(1, 0, sampleAt(samples, ANALYSED_SECONDS * timescale) + 1);
  const keys = Array.from(samples.isKey.keys()).filter((sample) => samples.isKey[sample]);
  const earlier = isSought ? EARLIER_SECONDS * timescale : 0;
  for (const { seconds, isKey } of pictures) {
    const wanted = mediaTime(movie, track, seconds);
    if (isKey) keepKeys(isKept, samples, { keys, from: wanted - earlier, wanted });
    else isKept.fill(1, keyFrameBefore(samples, wanted, timescale), endAfter(samples, wanted, timescale));
  }
  return { ...movie, tracks: [{ ...track, samples: keep(track, samples, isKept) }] };
}

/** Keeps the key frames at which FFmpeg may arrive when it seeks to a time. */
function keepKeys(
  isKept: Uint8Array,
  { times, offsets }: Samples,
  { keys, from, wanted }: { keys: readonly number[]; from: number; wanted: number },
): void {
  const shownAt = (sample: number) => times[sample]! + offsets[sample]!;
  // Key frames are shown in the order in which they are decoded.
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shownAt(keys[middle]!) <= wanted) low = middle + 1;
    else high = middle;
  }
  for (let at = low - 1; at >= 0; at--) {
    isKept[keys[at]!] = 1;
    if (shownAt(keys[at]!) <= from) return;
  }
}

/** Converts a time of the presentation to a time of the stream, as far as the edit list shifts it. */
function mediaTime({ timescale }: Movie, { edits, media }: Track, seconds: number): number {
  const [first, ...rest] = edits ?? [];
  const shown = first?.mediaTime === -1 ? rest : (edits ?? []);
  if (shown.length > 1 || shown.some(({ mediaTime: time, rate }) => time < 0 || rate !== NORMAL_RATE)) {
    throw new NotRewritable('has an edit list of several parts');
  }
  const empty = first?.mediaTime === -1 ? first.duration / timescale : 0;
  return Math.max(0, seconds - empty) * media.timescale + (shown[0]?.mediaTime ?? 0);
}

/**
 * Returns the key frame from which the samples are kept. This is one key frame earlier than seems necessary, because pictures that follow a
 * key frame can be shown before it.
 */
function keyFrameBefore({ count, times, isKey }: Samples, wanted: number, timescale: number): number {
  let found = 2;
  for (let sample = count - 1; sample > 0; sample--) {
    if (isKey[sample] && times[sample]! <= wanted - EARLIER_SECONDS * timescale && --found === 0) return sample;
  }
  return 0;
}

function endAfter({ count, times, offsets }: Samples, wanted: number, timescale: number): number {
  let pictures = 0;
  for (let sample = 0; sample < count; sample++) {
    if (times[sample]! + offsets[sample]! < wanted) continue;
    pictures++;
    if (pictures > AFTER_PICTURES && times[sample]! > wanted + AFTER_SECONDS * timescale) return sample;
  }
  return count;
}

function keep(track: Track, samples: Samples, isKept: Uint8Array): SampleTable {
  const empty = { ...track.samples, count: 0, chunks: { ...track.samples.chunks, count: 0 } };
  const kept = new GatheredSamples({ ...track, samples: empty }, sampleBudget());
  kept.reserve(samples.count);
  for (let sample = 0; sample < samples.count; sample++) {
    if (!isKept[sample]) continue;
    kept.clock = samples.times[sample]!;
    kept.startRun();
    const size = samples.sizes[sample]!;
    kept.addSample(
      samples.times[sample + 1]! - samples.times[sample]!,
      size,
      samples.isKey[sample] === 1,
      samples.offsets[sample]!,
    );
    kept.addChunk(samples.positions[sample]!, size, 1);
  }
  return kept.table(0);
}

/** Returns the last sample that is decoded at or before a time. */
function sampleAt({ count, times }: Samples, time: number): number {
  let sample = 0;
  while (sample + 1 < count && times[sample + 1]! <= time) sample++;
  return sample;
}
