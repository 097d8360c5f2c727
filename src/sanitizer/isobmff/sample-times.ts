import { pairReader } from './gather-samples.ts';
import type { SampleTable } from './movie.ts';

/** Times of a stream's samples, in its time scale, from its first decoding time. */
export interface SampleTimes {
  /** The first presentation time. */
  earliest: number;
  /** The time at which the last presented sample ends. */
  end: number;
  /** Whether decoding times rise with every sample, and every sample is presented at or after its decoding time. */
  isOrdered: boolean;
  startsWithKey: boolean;
  /** The longest distance from a key frame to the next key frame, or to the end. */
  keyDistance: { samples: number; units: number };
}

export function sampleTimes(samples: SampleTable): SampleTimes {
  const { count } = samples;
  const step = pairReader(samples.durations);
  const offset = samples.offsets ? pairReader(samples.offsets.pairs) : () => 0;
  const isKey = keyReader(samples.keys);
  const times: SampleTimes = {
    earliest: Number.POSITIVE_INFINITY,
    end: 0,
    isOrdered: true,
    startsWithKey: false,
    keyDistance: { samples: 0, units: 0 },
  };
  let decoded = 0;
  let key = { sample: 0, time: 0 };
  const measure = (sample: number) => {
    times.keyDistance.samples = Math.max(times.keyDistance.samples, sample - key.sample);
    times.keyDistance.units = Math.max(times.keyDistance.units, decoded - key.time);
    key = { sample, time: decoded };
  };
  for (let index = 0; index < count; index++) {
    const [length, later] = [step(), offset()];
    if (isKey(index)) {
      if (index === 0) times.startsWithKey = true;
      measure(index);
    }
    if (later < 0 || (length === 0 && index + 1 < count)) times.isOrdered = false;
    times.earliest = Math.min(times.earliest, decoded + later);
    times.end = Math.max(times.end, decoded + later + length);
    decoded += length;
  }
  measure(count);
  return count === 0 ? { ...times, earliest: 0 } : times;
}

/** Returns a function that reports whether a sample is a key frame. Its argument must rise with each call. */
export function keyReader(keys: Buffer | null): (index: number) => boolean {
  let at = 0;
  return (index) => {
    if (!keys) return true;
    if (at >= keys.length || keys.readUInt32BE(at) !== index + 1) return false;
    at += 4;
    return true;
  };
}
