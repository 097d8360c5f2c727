import { NotRewritable } from '../verdicts.ts';
import type { LadderStream } from './read-stream.ts';

/**
 * A segment as ranges of samples with exclusive ends. In a video, each key frame is a separate fragment, so that I-frame playlists can
 * refer to it. The pictures up to the next key frame form another fragment.
 */
export interface SampleSegment {
  fragments: { from: number; to: number }[];
}

/** Returns the segments of a video. Each segment begins with the first key frame at or after a multiple of `segmentSeconds`. */
export function cutVideo({ track, samples, hidden, step }: LadderStream, segmentSeconds: number): SampleSegment[] {
  const { count, times, offsets, isKey } = samples;
  const length = segmentSeconds * track.media.timescale;
  const segments: SampleSegment[] = [];
  let next = 0;
  let latest = -1;
  let start = 0;
  for (let index = 0; index < count; index++) {
    const shown = times[index]! + offsets[index]! - hidden;
    if (isKey[index] || index === 0) {
      // Otherwise, a client that begins here would show pictures that it cannot decode.
      if (!isKey[index] || shown <= latest) throw new NotRewritable('has a key frame from which nothing can begin');
      if (shown + step / 2 >= next) {
        segments.push({ fragments: [] });
        next = length * (Math.floor((shown + step / 2) / length) + 1);
      }
      start = shown;
    }
    if (shown < start) throw new NotRewritable('has a key frame from which nothing can begin');
    latest = Math.max(latest, shown);
    addSample(segments.at(-1)!, index, isKey[index] === 1 || isKey[index - 1] === 1);
  }
  return segments;
}

function addSample({ fragments }: SampleSegment, index: number, beginsFragment: boolean): void {
  if (beginsFragment) fragments.push({ from: index, to: index + 1 });
  else fragments.at(-1)!.to = index + 1;
}

/** Returns the segments of audio. Each segment begins with the sample nearest to the start of a segment of the video. */
export function cutAudio(
  { track, samples }: LadderStream,
  starts: readonly number[],
  segmentSeconds: number,
): SampleSegment[] {
  const { count, times } = samples;
  const segments: SampleSegment[] = [];
  let from = 0;
  let boundary = 1;
  const boundaryAt = (index: number) =>
    (starts[index] ?? starts.at(-1)! + (index - starts.length + 1) * segmentSeconds) * track.media.timescale;
  while (from < count) {
    const end = boundaryAt(boundary++);
    let to = from;
    while (to < count && (times[to]! + times[to + 1]!) / 2 <= end) to++;
    if (to > from) segments.push({ fragments: [{ from, to }] });
    from = to;
  }
  return segments;
}

/** Returns the seconds at which the segments of a video begin. */
export function startsOf({ track, samples, hidden }: LadderStream, segments: readonly SampleSegment[]): number[] {
  const { times, offsets } = samples;
  return segments.map(({ fragments: [first] }) => {
    const at = first!.from;
    return (times[at]! + offsets[at]! - hidden) / track.media.timescale;
  });
}
