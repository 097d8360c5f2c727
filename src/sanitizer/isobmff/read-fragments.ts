import type { FileBytes } from '../file-bytes.ts';
import { NotRewritable, Truncated } from '../verdicts.ts';
import { type Box, type BoxBudget, boxesIn, content, printable } from './boxes.ts';
import type { GatheredSamples } from './gather-samples.ts';
import { readRun, type SampleDefaults } from './read-run.ts';

/** Maximum number of boxes inside fragments. Twelve hours in fragments of half a second have about 800,000 boxes. */
const MAX_FRAGMENT_BOXES = 2_000_000;

/* ISO/IEC 14496-12, 8.8.7: flags of `tfhd`. */
const BASE_OFFSET = 0x1;
const DESCRIPTION = 0x2;
const DURATION = 0x8;
const SIZE = 0x10;
const FLAGS = 0x20;
const BASE_IS_MOOF = 0x20000;

/** Types of the boxes of a fragment that do not affect what FFmpeg decodes. */
const IGNORED = new Set(['mfhd', 'free', 'skip', 'sdtp', 'sbgp', 'sgpd', 'subs']);
const ENCRYPTION = new Set(['senc', 'saiz', 'saio', 'pssh']);
/** Smooth Streaming repeats the times of fragments in `uuid` boxes ([MS-SSTR] 2.2.4.4 and 2.2.4.5). */
const SMOOTH_STREAMING_TIMES = new Set(['6d1d9b0542d544e680e2141daff757b2', 'd4807ef2ca3946958e5426cb9e46a79f']);

/** Defaults for all fragments of a stream (`trex`). */
export interface TrackDefaults extends SampleDefaults {
  description: number;
}

/** Reads the defaults of all streams (`mvex`), by stream id. */
export function readDefaults(file: FileBytes, mvex: Box, budget: BoxBudget): Map<number, TrackDefaults> {
  const defaults = new Map<number, TrackDefaults>();
  for (const box of boxesIn(file, mvex.body, mvex.end, budget)) {
    if (box.type !== 'trex') continue;
    const bytes = content(file, box, 64, 24);
    const id = bytes.readUInt32BE(4);
    if (defaults.has(id)) throw new NotRewritable('describes the fragments of a stream twice');
    const [description, duration, size, flags] = [8, 12, 16, 20].map((at) => bytes.readUInt32BE(at));
    defaults.set(id, { description: description!, duration: duration!, size: size!, flags: flags! });
  }
  return defaults;
}

export interface FragmentedStreams {
  /** The streams to keep, by id. The data of all other streams is dropped. */
  samples: ReadonlyMap<number, GatheredSamples>;
  defaults: ReadonlyMap<number, TrackDefaults>;
  /** Whether the file has an index of segments (`sidx`). FFmpeg reads missing times from the index, but the sanitizer does not. */
  requireTimes: boolean;
}

/** Adds the samples of all fragments (`moof`) to their streams, in the order of the file. */
export function readFragments(file: FileBytes, moofs: readonly Box[], streams: FragmentedStreams): void {
  const budget = { left: MAX_FRAGMENT_BOXES };
  for (const moof of moofs) {
    if (moof.end > file.size) throw new Truncated('is cut off inside a fragment');
    const fragment: Fragment = { start: moof.start, next: moof.start, times: new Map() };
    for (const box of boxesIn(file, moof.body, moof.end, budget)) {
      if (box.type === 'traf') readTrackFragment(file, box, fragment, streams, budget);
      else checkIgnored(file, box);
    }
  }
}

interface Fragment {
  start: number;
  /** Default data offset: the end of the previous stream's data; null if it is not known. */
  next: number | null;
  /** Declared decoding times, by stream. */
  times: Map<number, number>;
}

interface Head {
  id: number;
  base: number;
  defaults: SampleDefaults;
  samples: GatheredSamples;
}

function readTrackFragment(
  file: FileBytes,
  traf: Box,
  fragment: Fragment,
  streams: FragmentedStreams,
  budget: BoxBudget,
): void {
  let head: Head | null = null;
  let next: number | null = null;
  for (const box of boxesIn(file, traf.body, traf.end, budget)) {
    if (box.type === 'tfhd') {
      if (head) throw new NotRewritable('has a fragment with several headers');
      head = readHead(file, box, fragment, streams);
      if (!head) return;
    } else if (box.type === 'tfdt') {
      if (!head || next !== null) throw new NotRewritable('declares the time of a fragment after its samples');
      head.samples.clock = readTime(content(file, box, 64, 8));
      fragment.times.set(head.id, head.samples.clock);
    } else if (box.type === 'trun') {
      if (!head) throw new NotRewritable('has a fragment without a header');
      if (next === null) head.samples.clock = timeOf(head, fragment, streams);
      const end = readRun(file, box, head.samples, head.defaults, { base: head.base, next: next ?? head.base });
      if (end !== null) fragment.next = next = end;
    } else checkIgnored(file, box);
  }
}

/** Reads the header of a fragment of a stream. Returns null if the stream is dropped. */
function readHead(file: FileBytes, box: Box, fragment: Fragment, streams: FragmentedStreams): Head | null {
  const bytes = content(file, box, 64, 8);
  const flags = bytes.readUInt32BE(0) & 0xffffff;
  const id = bytes.readUInt32BE(4);
  const common = streams.defaults.get(id);
  if (!common) throw new NotRewritable('has a fragment of a stream that it does not describe');
  const samples = streams.samples.get(id);
  let at = 8;
  const fieldOr = (flag: number, fallback: number): number => {
    if (!(flags & flag)) return fallback;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  let base = flags & BASE_IS_MOOF ? fragment.start : fragment.next;
  if (flags & BASE_OFFSET) {
    base = Number(bytes.readBigUInt64BE(at));
    at += 8;
  }
  if (fieldOr(DESCRIPTION, common.description) !== 1) throw new NotRewritable('has several sample descriptions');
  const [duration, size] = [fieldOr(DURATION, common.duration), fieldOr(SIZE, common.size)];
  const defaults = { duration, size, flags: fieldOr(FLAGS, common.flags) };
  if (!samples) {
    // The runs of a dropped stream are skipped, so the end of its data is not known.
    fragment.next = null;
    return null;
  }
  if (base === null) throw new NotRewritable('does not declare where the data of its fragments is');
  return { id, base, defaults, samples };
}

function readTime(bytes: Buffer): number {
  const time = bytes[0] ? Number(bytes.readBigUInt64BE(4)) : bytes.readUInt32BE(4);
  if (!Number.isSafeInteger(time)) throw new NotRewritable('has fragments at absurd times');
  return time;
}

/** Returns the decoding time of the first run of a stream in a fragment. */
function timeOf({ id, samples }: Head, fragment: Fragment, streams: FragmentedStreams): number {
  const declared = fragment.times.get(id);
  if (declared === undefined && streams.requireTimes)
    throw new NotRewritable('has fragments that do not declare their time');
  return declared ?? samples.clock;
}

function checkIgnored(file: FileBytes, box: Box): void {
  if (ENCRYPTION.has(box.type)) throw new NotRewritable('is encrypted');
  if (IGNORED.has(box.type)) return;
  if (box.type === 'uuid' && box.end - box.body >= 16) {
    if (SMOOTH_STREAMING_TIMES.has(file.read(box.body, 16).toString('hex'))) return;
  }
  throw new NotRewritable(`has fragments with "${printable(box.type)}", which the reader does not support`);
}
