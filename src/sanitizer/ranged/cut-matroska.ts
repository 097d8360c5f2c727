import { writeTo } from '../file-bytes.ts';
import type { ClusterWriter } from '../matroska/clusters.ts';
import { type Cue, readCues } from '../matroska/cues.ts';
import { type Element, type ElementReader, elementReader } from '../matroska/ebml.ts';
import type { MatroskaHead } from '../matroska/matroska-head.ts';
import { matroskaInfo } from '../matroska/matroska-info.ts';
import { readHead, writeSegment } from '../matroska/rewrite.ts';
import { ID } from '../matroska/schema.ts';
import { NotRewritable } from '../verdicts.ts';
import type { Range, SparseBytes } from './sparse-bytes.ts';
import type { PartialRequest, PicturesResult, StartResult } from './types.ts';

/*
 * Parts of Matroska and WebM, found by the cues of the video (RFC 9559, 5.1.5): the block of a key frame, or the clusters around a picture
 * between key frames.
 */

const MAGIC = 0x1a45dfa3;
/** Number of bytes from the start of a cluster, which usually contain its first key frame. */
const KEY_BYTES = 128 * 1024;
/** Number of bytes of the first cluster that are kept, so that times count from the start of the file. */
const FIRST_BYTES = 64 * 1024;
/** Maximum number of seconds from a key frame to the picture that it represents. The planner expects key frames at this distance. */
const MAX_DISTANCE = 5;
/** Seconds by which FFmpeg seeks earlier in streams whose pictures are not stored in presentation order. */
const EARLIER_SECONDS = 0.5;
/** Number of seconds after a picture for which pictures are also kept, because pictures are stored in another order than they are shown. */
const AFTER_SECONDS = 1;
/** Latest time of the first key frame in seconds. Times count from the first block, which is not searched for. */
const LATEST_START = 0.25;
const MAX_KEY_BYTES = 16 * 2 ** 20;
const MAX_HEAD_CHILDREN = 8;

export function isMatroska(file: SparseBytes): boolean {
  return file.size > 4 && file.read(0, 4).readUInt32BE(0) === MAGIC;
}

/** Reads the parts of a Matroska file like `readPartial`. The container of pictures is complete, so no media must be copied into it. */
export function readPartialMatroska(file: SparseBytes, request: PartialRequest): StartResult | PicturesResult {
  const reader = elementReader(file);
  const head = readHead(file, reader);
  if (request.part === 'start') {
    const info = matroskaInfo(file, head);
    if (!info) throw new NotRewritable('is described by its complete file alone');
    return { info, packets: null };
  }
  const [video, ...others] = head.tracks.described.filter(({ isVideo }) => isVideo);
  if (!video || others.length > 0) throw new NotRewritable('does not have exactly one video stream');
  const cues = readCues(reader, head, video.number, (range) => file.require(range));
  const spans = spansAround(reader, head, cues, timesOf(request, { isKey: false }));
  const keys = chooseKeys(cues, request, head).filter(
    ({ cluster }) => !spans.some(({ start, end }) => start <= cluster && cluster < end),
  );
  // The first span may contain the start of the file.
  const hasStart = spans[0]?.start === head.mediaAt;
  file.requireAll(
    inOrder([
      ...(hasStart ? [] : [{ start: head.mediaAt, end: head.mediaAt + FIRST_BYTES }]),
      ...spans,
      ...keys.map(({ cluster }) => ({ start: cluster, end: cluster + KEY_BYTES })),
    ]),
  );
  const first = hasStart ? [] : firstChildren(reader, head);
  const blocks = keys.map((cue) => ({ at: cue.cluster, children: keyChildren(reader, head, cue) }));
  file.requireAll(
    [first, ...blocks.map(({ children }) => children)].flat().map(({ body, end }) => ({ start: body, end: end! })),
  );
  writeTo(request.target, (out) =>
    writeSegment({ file, reader, head }, out, (writer) => {
      if (!hasStart) writer.copySome(first);
      const parts = [...blocks, ...spans.map((span) => ({ at: span.start, span }))].sort((a, b) => a.at - b.at);
      for (const part of parts) {
        if ('span' in part) copySpan(reader, head, writer, part.span);
        else writer.copySome(part.children);
      }
    }),
  );
  return { media: [], mediaAt: 0 };
}

type Pictures = Extract<PartialRequest, { part: 'pictures' }>;

function timesOf({ pictures }: Pictures, { isKey }: { isKey: boolean }): number[] {
  return pictures.filter((picture) => picture.isKey === isKey).map(({ seconds }) => seconds);
}

/**
 * Returns the key frames at which FFmpeg may arrive when it seeks to the wanted times. FFmpeg may arrive at any key frame up to half a
 * second earlier.
 */
function chooseKeys(cues: readonly Cue[], request: Pictures, { secondsPerTick }: MatroskaHead): Cue[] {
  const wanted = timesOf(request, { isKey: true });
  const times = wanted.flatMap((seconds) =>
    request.isSought ? [Math.max(0, seconds - EARLIER_SECONDS), seconds] : [seconds],
  );
  return chooseCues(
    cues,
    times.map((seconds) => seconds / secondsPerTick),
    MAX_DISTANCE / secondsPerTick,
  );
}

/**
 * Returns the clusters around pictures that are not key frames, in the order of the file: from one key frame earlier than seems necessary,
 * because pictures that follow a key frame can be shown before it, to the cluster that begins a second after the picture.
 */
function spansAround(
  reader: ElementReader,
  head: MatroskaHead,
  cues: readonly Cue[],
  seconds: readonly number[],
): Range[] {
  if (seconds.length === 0) return [];
  const { secondsPerTick, mediaAt, limit } = head;
  const [first] = cues;
  if (!first || first.time * secondsPerTick > LATEST_START) throw new NotRewritable('lists no key frame at its start');
  const found = seconds.map((time) => {
    const before = cues.findLastIndex((cue) => cue.time * secondsPerTick <= time - EARLIER_SECONDS);
    const after = cues.find((cue) => cue.time * secondsPerTick >= time + AFTER_SECONDS);
    const start = before > 0 ? cues[before - 1]!.cluster : mediaAt;
    const end = after ? clusterAt(reader, head, after).end : limit;
    if (end === null || start >= end) throw new NotRewritable('has clusters that are not in order');
    return { start, end };
  });
  const spans: Range[] = [];
  for (const { start, end } of inOrder(found)) {
    const last = spans.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else spans.push({ start, end });
  }
  return spans;
}

function inOrder(ranges: readonly Range[]): Range[] {
  return [...ranges].sort((a, b) => a.start - b.start);
}

/** Copies only the clusters of a span. */
function copySpan(reader: ElementReader, { limit }: MatroskaHead, writer: ClusterWriter, { start, end }: Range): void {
  for (let position = start; position < end; ) {
    const element = reader.at(position, limit);
    if (!element) return;
    if (element.id === ID.cluster) position = writer.copy(element, limit);
    else if (element.end === null) throw new NotRewritable('contains an element of unknown size');
    else position = element.end;
  }
}

/**
 * Returns the last cue up to each time, in ticks. Throws `NotRewritable` if a cue is too early, because the file may have later key frames.
 */
function chooseCues(cues: readonly Cue[], times: readonly number[], maxDistance: number): Cue[] {
  const chosen = new Set<Cue>();
  let at = -1;
  for (const time of [...times].sort((a, b) => a - b)) {
    while (at + 1 < cues.length && cues[at + 1]!.time <= time) at++;
    const cue = cues[at];
    if (!cue || time - cue.time > maxDistance) throw new NotRewritable('lists too few key frames');
    chosen.add(cue);
  }
  return [...chosen];
}

/** Returns the timestamp of the first cluster, and its blocks that begin in the first bytes. */
function firstChildren(reader: ElementReader, { media, mediaAt, limit }: MatroskaHead): Element[] {
  const end = media.end ?? limit;
  const children: Element[] = [];
  for (let position = media.body; position < end && position + 16 < mediaAt + FIRST_BYTES; ) {
    const element = reader.at(position, end)!;
    if (element.end === null || element.id === ID.cluster) break;
    children.push(element);
    position = element.end;
  }
  return withTimestamp(children);
}

function clusterAt(reader: ElementReader, { limit }: MatroskaHead, { cluster: at }: Cue): Element {
  const cluster = reader.at(at, limit);
  if (cluster?.id !== ID.cluster) throw new NotRewritable('has a cue that names no cluster');
  return cluster;
}

/** Returns the timestamp of a cluster, and the block that a cue names. */
function keyChildren(reader: ElementReader, head: MatroskaHead, cue: Cue): Element[] {
  const { limit } = head;
  const relative = cue.block;
  const cluster = clusterAt(reader, head, cue);
  const end = cluster.end ?? limit;
  let timestamp: Element | null = null;
  for (let position = cluster.body, left = MAX_HEAD_CHILDREN; left > 0 && position < end; left--) {
    const element = reader.at(position, end)!;
    if (element.id === ID.timestamp) timestamp = element;
    if (timestamp || element.end === null) break;
    position = element.end;
  }
  const block = reader.at(cluster.body + relative, end);
  if (!timestamp || !block?.end || block.end - block.body > MAX_KEY_BYTES)
    throw new NotRewritable('has a cue that names no key frame');
  if (block.id !== ID.simpleBlock && block.id !== ID.blockGroup)
    throw new NotRewritable('has a cue that names no key frame');
  return [timestamp, block];
}

function withTimestamp(children: readonly Element[]): Element[] {
  const timestamp = children.find(({ id }) => id === ID.timestamp);
  if (!timestamp) throw new NotRewritable('has a cluster without a timestamp');
  return [timestamp, ...children.filter(({ id }) => id === ID.simpleBlock || id === ID.blockGroup)];
}
