import type { FileBytes } from '../file-bytes.ts';
import { NotRewritable } from '../verdicts.ts';
import { type Box, type BoxBudget, boxesIn, content, printable } from './boxes.ts';
import type { GatheredSamples } from './gather-samples.ts';
import { readRun, type SampleDefaults } from './read-run.ts';

/** Boxes inside of fragments; twelve hours in fragments of half a second have some 800,000. */
const MAX_FRAGMENT_BOXES = 2_000_000;

/* ISO/IEC 14496-12, 8.8.7: flags of `tfhd`. */
const BASE_OFFSET = 0x1;
const DESCRIPTION = 0x2;
const DURATION = 0x8;
const SIZE = 0x10;
const FLAGS = 0x20;
const BASE_IS_MOOF = 0x20000;

/** Boxes of a fragment that change nothing of what FFmpeg decodes. */
const NEEDLESS = new Set(['mfhd', 'free', 'skip', 'sdtp', 'sbgp', 'sgpd', 'subs']);
const ENCRYPTION = new Set(['senc', 'saiz', 'saio', 'pssh']);
/** Smooth Streaming writes the times of fragments in boxes of its own ([MS-SSTR] 2.2.4.4 and 2.2.4.5). */
const TIMES_OF_ITS_OWN = new Set(['6d1d9b0542d544e680e2141daff757b2', 'd4807ef2ca3946958e5426cb9e46a79f']);

/** `trex`: what holds for all fragments of a stream. */
export interface TrackDefaults extends SampleDefaults {
  description: number;
}

/** The defaults of all streams, by the streams' ids (`mvex`). */
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
  /** Those that are kept, by their ids; the data of others is left out. */
  samples: ReadonlyMap<number, GatheredSamples>;
  defaults: ReadonlyMap<number, TrackDefaults>;
  /** Fragments that do not state their times are placed by an index of segments (`sidx`), which is not read. */
  mustStateTimes: boolean;
}

/** Adds the samples of all fragments (`moof`) to their streams, in the order of the file. */
export function readFragments(file: FileBytes, moofs: readonly Box[], streams: FragmentedStreams): void {
  const budget = { left: MAX_FRAGMENT_BOXES };
  for (const moof of moofs) {
    if (moof.end > file.size) throw new NotRewritable('is cut off inside a fragment');
    const fragment: Fragment = { start: moof.start, next: moof.start, times: new Map() };
    for (const box of boxesIn(file, moof.body, moof.end, budget)) {
      if (box.type === 'traf') readTrackFragment(file, box, fragment, streams, budget);
      else checkNeedless(file, box);
    }
  }
}

interface Fragment {
  start: number;
  /** Behind the data of the stream before, where data without a stated offset is; null = not known. */
  next: number | null;
  /** Decoding times that it stated, by stream. */
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
      if (head) throw new NotRewritable('has a fragment of several streams in one');
      head = readHead(file, box, fragment, streams);
      if (!head) return;
    } else if (box.type === 'tfdt') {
      if (!head || next !== null) throw new NotRewritable('states the time of a fragment after its samples');
      head.samples.clock = readTime(content(file, box, 64, 8));
      fragment.times.set(head.id, head.samples.clock);
    } else if (box.type === 'trun') {
      if (!head) throw new NotRewritable('has a fragment of no stream');
      if (next === null) head.samples.clock = timeOf(head, fragment, streams);
      const end = readRun(file, box, head.samples, head.defaults, { base: head.base, next: next ?? head.base });
      if (end !== null) fragment.next = next = end;
    } else checkNeedless(file, box);
  }
}

/** Null = a stream that is left out. */
function readHead(file: FileBytes, box: Box, fragment: Fragment, streams: FragmentedStreams): Head | null {
  const bytes = content(file, box, 64, 8);
  const flags = bytes.readUInt32BE(0) & 0xffffff;
  const id = bytes.readUInt32BE(4);
  const common = streams.defaults.get(id);
  if (!common) throw new NotRewritable('has a fragment of a stream that it does not describe');
  const samples = streams.samples.get(id);
  let at = 8;
  const stated = (flag: number, otherwise: number): number => {
    if (!(flags & flag)) return otherwise;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  let base = flags & BASE_IS_MOOF ? fragment.start : fragment.next;
  if (flags & BASE_OFFSET) {
    base = Number(bytes.readBigUInt64BE(at));
    at += 8;
  }
  if (stated(DESCRIPTION, common.description) !== 1) throw new NotRewritable('has several sample descriptions');
  const [duration, size] = [stated(DURATION, common.duration), stated(SIZE, common.size)];
  const defaults = { duration, size, flags: stated(FLAGS, common.flags) };
  if (!samples) {
    // Its runs are not read, and so it is not known where its data ends.
    fragment.next = null;
    return null;
  }
  if (base === null) throw new NotRewritable('does not state where the data of its fragments is');
  return { id, base, defaults, samples };
}

function readTime(bytes: Buffer): number {
  const time = bytes[0] ? Number(bytes.readBigUInt64BE(4)) : bytes.readUInt32BE(4);
  if (!Number.isSafeInteger(time)) throw new NotRewritable('has fragments at absurd times');
  return time;
}

/** When the first run of a stream in a fragment begins. */
function timeOf({ id, samples }: Head, fragment: Fragment, streams: FragmentedStreams): number {
  const stated = fragment.times.get(id);
  if (stated === undefined && streams.mustStateTimes)
    throw new NotRewritable('has fragments that do not state their time');
  return stated ?? samples.clock;
}

function checkNeedless(file: FileBytes, box: Box): void {
  if (ENCRYPTION.has(box.type)) throw new NotRewritable('is encrypted');
  if (NEEDLESS.has(box.type)) return;
  if (box.type === 'uuid' && box.end - box.body >= 16) {
    if (TIMES_OF_ITS_OWN.has(file.read(box.body, 16).toString('hex'))) return;
  }
  throw new NotRewritable(`has fragments with "${printable(box.type)}", which the reader does not know`);
}
