import type { Track } from './movie.ts';

/** Samples of a stream, in the order of decoding. */
export interface Samples {
  count: number;
  /** Decoding times of the samples, and the time at which the last sample ends, in the stream's time scale. */
  times: Float64Array;
  offsets: Int32Array;
  sizes: Uint32Array;
  positions: Float64Array;
  isKey: Uint8Array;
}

export function listSamples({ samples }: Track): Samples {
  const { count, chunks } = samples;
  const list: Samples = {
    count,
    times: new Float64Array(count + 1),
    offsets: new Int32Array(count),
    sizes: new Uint32Array(count),
    positions: new Float64Array(count),
    isKey: new Uint8Array(count).fill(samples.keys ? 0 : 1),
  };
  for (let at = 0; at < (samples.keys?.length ?? 0); at += 4) list.isKey[samples.keys!.readUInt32BE(at) - 1] = 1;
  eachOf(samples.durations, count, (sample, duration) => {
    list.times[sample + 1] = list.times[sample]! + (duration >>> 0);
  });
  if (samples.offsets)
    eachOf(samples.offsets.pairs, count, (sample, offset) => list.offsets.fill(offset, sample, sample + 1));
  let sample = 0;
  for (let chunk = 0; chunk < chunks.count; chunk++) {
    let position = chunks.offsets[chunk]!;
    for (let left = chunks.samples[chunk]!; left > 0; left--, sample++) {
      list.sizes[sample] = samples.size || samples.sizes.readUInt32BE(sample * 4);
      list.positions[sample] = position;
      position += list.sizes[sample]!;
    }
  }
  return list;
}

/** Calls `take` with each value of run-length pairs (count, value). */
function eachOf(pairs: Buffer, count: number, take: (sample: number, value: number) => unknown): void {
  let sample = 0;
  for (let at = 0; at < pairs.length; at += 8) {
    const value = pairs.readInt32BE(at + 4);
    for (let left = pairs.readUInt32BE(at); left > 0 && sample < count; left--) take(sample++, value);
  }
}
