import type { FileBytes } from '../file-bytes.ts';
import type { Samples } from '../isobmff/list-samples.ts';
import { describeDecoder } from '../isobmff/movie-frames.ts';
import { joinBytes } from '../join-bytes.ts';
import { NotRewritable } from '../verdicts.ts';
import { type LadderStream, readStream } from './read-stream.ts';
import type { LadderPieces, LadderSource } from './types.ts';

/**
 * Reads the pieces of a rendition as one stream. Each piece begins where the previous piece ends, with a key frame, and has the same
 * decoder configuration. No packet is changed. Throws `NotRewritable` or `Rejected` if a frame is missing or has another time.
 */
export function joinStreams(files: readonly FileBytes[], source: LadderSource, pieces: LadderPieces): LadderStream {
  const { rate, frames } = pieces;
  if (files.length !== frames.length) throw new NotRewritable('has another number of pieces');
  const streams = files.map((file) => readStream(file, source));
  const [first] = streams as [LadderStream, ...LadderStream[]];
  const { timescale } = first.track.media;
  const step = (timescale * rate.den) / rate.num;
  const decoder = describeDecoder(first.track);
  for (const [index, { track, hidden, samples }] of streams.entries()) {
    const fail = (why: string) => new NotRewritable(`has a piece (${index + 1}) that ${why}`);
    if (track.media.timescale !== timescale || hidden !== first.hidden) throw fail('has other times than the first');
    if (describeDecoder(track) !== decoder) throw fail('has other parameters than the first');
    if (samples.count !== frames[index]) throw fail(`has ${samples.count} frames instead of ${frames[index]}`);
    if (!samples.isKey[0]) throw fail('does not begin with a key frame');
    if (!isRegular(samples, hidden, step)) throw fail('presents a frame at another time');
  }
  return { ...first, file: joinBytes(files), samples: joinSamples(streams, files, step), step };
}

/** Whether frames are decoded at equal distances, and each presentation time occurs once. */
function isRegular({ count, times, offsets }: Samples, hidden: number, step: number): boolean {
  const shown = new Float64Array(count);
  for (let index = 0; index < count; index++) {
    if (times[index] !== index * step) return false;
    shown[index] = times[index]! + offsets[index]! - hidden;
  }
  return shown.sort().every((time, index) => time === index * step);
}

function joinSamples(streams: readonly LadderStream[], files: readonly FileBytes[], step: number): Samples {
  const count = streams.reduce((sum, { samples }) => sum + samples.count, 0);
  const joined: Samples = {
    count,
    times: Float64Array.from({ length: count + 1 }, (_, index) => index * step),
    offsets: new Int32Array(count),
    sizes: new Uint32Array(count),
    positions: new Float64Array(count),
    isKey: new Uint8Array(count),
  };
  let [at, base] = [0, 0];
  for (const [index, { samples }] of streams.entries()) {
    joined.offsets.set(samples.offsets, at);
    joined.sizes.set(samples.sizes, at);
    joined.isKey.set(samples.isKey, at);
    joined.positions.set(
      samples.positions.map((position) => base + position),
      at,
    );
    at += samples.count;
    base += files[index]!.size;
  }
  return joined;
}
