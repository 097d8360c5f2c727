import { checkLength } from '../limits.ts';
import { NotRewritable } from '../verdicts.ts';
import { bigEndian, growingFloats, growingIntegers, growingRuns } from './growing.ts';
import type { SampleTable, Track } from './movie.ts';
import { MAX_SAMPLES } from './read-samples.ts';

/** Counts samples across all streams of a fragmented file, because a few bytes can declare any number of samples. */
export interface SampleBudget {
  left: number;
}

export const sampleBudget = (): SampleBudget => ({ left: MAX_SAMPLES });

/** Maximum offset of a presentation time. FFmpeg also rejects larger offsets. */
const MAX_OFFSET = 2 ** 28;
/** Maximum difference between two decoding times. Some readers parse these differences as signed integers. */
const MAX_STEP = 2 ** 31 - 1;

/** Two rows without samples. FFmpeg looks for negative offsets in all rows except the last two, so these rows are appended. */
const EMPTY_ROWS = Buffer.alloc(16);

/** Decoding and presentation times of a stream, in its time scale. */
export interface Times {
  /** Decoding time of the first sample. */
  first: number;
  /** Time from the first decoding time to the end of the last sample. */
  length: number;
  /** Presentation time of the first decoded sample, relative to `first`. */
  firstShown: number;
  /** The earliest presentation time, relative to `first`. */
  earliest: number;
  minOffset: number;
  maxOffset: number;
}

/**
 * Collects the samples of one stream, from the index and from all fragments, in one table. A gap after a sample is
 * added to its duration.
 */
export class GatheredSamples {
  count = 0;
  /** Default decoding time of the next sample: the end of the previous sample. */
  clock = 0;
  readonly #track: Track;
  readonly #budget: SampleBudget;
  readonly #sizes = growingIntegers();
  readonly #steps = growingRuns();
  readonly #offsets = growingRuns();
  readonly #keys = growingIntegers();
  readonly #chunkOffsets = growingFloats();
  readonly #chunkBytes = growingFloats();
  readonly #chunkSamples = growingIntegers();
  readonly #times: Times = { first: 0, length: 0, firstShown: 0, earliest: 0, minOffset: 0, maxOffset: 0 };
  #last = 0;
  #lastDuration = 0;

  /** Starts with the samples of the index. */
  constructor(track: Track, budget: SampleBudget) {
    this.#track = track;
    this.#budget = budget;
    const { samples } = track;
    this.reserve(samples.count);
    const next = pairReader(samples.durations);
    const nextOffset = samples.offsets && pairReader(samples.offsets.pairs);
    let key = 0;
    for (let index = 0; index < samples.count; index++) {
      const size = samples.size || samples.sizes.readUInt32BE(index * 4);
      const isKey = !samples.keys || (key < samples.keys.length && samples.keys.readUInt32BE(key) === index + 1);
      if (isKey) key += 4;
      this.addSample(next() >>> 0, size, isKey, nextOffset ? nextOffset() : 0);
    }
    const { chunks } = samples;
    for (let chunk = 0; chunk < chunks.count; chunk++) {
      this.addChunk(chunks.offsets[chunk]!, chunks.bytes[chunk]!, chunks.samples[chunk]!);
    }
  }

  /** Reserves samples of the budget. Must be called before these samples are added. */
  reserve(count: number): void {
    this.#budget.left -= count;
    if (this.#budget.left < 0) throw new NotRewritable('has more samples than the reader supports');
  }

  /** Must be called before the samples of a run are added. The run begins at `clock`. */
  startRun(): void {
    if (this.count === 0) return;
    // FFmpeg drops samples with a repeated decoding time.
    if (this.clock <= this.#last) throw new NotRewritable('has fragments that overlap in time');
    this.#checkLength();
  }

  addSample(duration: number, size: number, isKey: boolean, offset: number): void {
    const times = this.#times;
    if (this.count > 0) this.#step(this.clock - this.#last);
    else {
      times.first = this.clock;
      times.firstShown = times.earliest = times.minOffset = times.maxOffset = offset;
    }
    if (Math.abs(offset) > MAX_OFFSET) throw new NotRewritable('shows pictures at absurd times');
    if (offset < times.minOffset) times.minOffset = offset;
    if (offset > times.maxOffset) times.maxOffset = offset;
    const shown = this.clock - times.first + offset;
    if (shown < times.earliest) times.earliest = shown;
    this.#last = this.clock;
    this.#lastDuration = duration;
    this.clock += duration;
    this.count++;
    this.#sizes.push(size);
    this.#offsets.push(offset >>> 0);
    if (isKey) this.#keys.push(this.count);
  }

  addChunk(offset: number, bytes: number, samples: number): void {
    this.#chunkOffsets.push(offset);
    this.#chunkBytes.push(bytes);
    this.#chunkSamples.push(samples);
  }

  /** Returns the times of the samples that have been added. */
  times(): Times {
    const { first } = this.#times;
    return { ...this.#times, length: this.count === 0 ? 0 : this.#last + this.#lastDuration - first };
  }

  /** Builds the final table. No samples may be added after this call. Adds `shift` to every offset of presentation times. */
  table(shift: number): SampleTable {
    const { count } = this;
    const { kind, samples } = this.#track;
    if (count > 0) this.#step(this.#lastDuration);
    this.#checkLength();
    const durations = this.#steps.pairs();
    // FFmpeg finds no packets in such a table.
    if (kind === 'audio' && durations.length === 8 && durations.readUInt32BE(4) === 1) {
      throw new NotRewritable('has audio samples of one tick each');
    }
    // An empty table would turn the first sample into a key frame.
    if (count > 0 && this.#keys.length === 0) throw new NotRewritable('has no key frame');
    const pairs = this.#offsets.pairs(shift);
    const negative = this.#times.minOffset + shift < 0;
    return {
      count,
      size: 0,
      sizes: bigEndian(this.#sizes.view()),
      durations,
      offsets: { version: negative ? 1 : 0, pairs: negative ? Buffer.concat([pairs, EMPTY_ROWS]) : pairs },
      keys: this.#keys.length === count ? null : bigEndian(this.#keys.view()),
      groups: samples.groups,
      chunks: {
        count: this.#chunkOffsets.length,
        offsets: this.#chunkOffsets.view(),
        bytes: this.#chunkBytes.view(),
        samples: this.#chunkSamples.view(),
      },
    };
  }

  #step(step: number): void {
    if (step > MAX_STEP) throw new NotRewritable('has a gap in its times');
    this.#steps.push(step);
  }

  #checkLength(): void {
    checkLength((this.clock - this.#times.first) / this.#track.media.timescale);
  }
}

/** Returns a function that reads the values of run-length pairs (count, value) one by one. */
export function pairReader(pairs: Buffer): () => number {
  let at = -8;
  let left = 0;
  return () => {
    while (left === 0) {
      at += 8;
      left = pairs.readUInt32BE(at);
    }
    left--;
    return pairs.readInt32BE(at + 4);
  };
}
