import type { FileBytes, FileOut } from '../file-bytes.ts';
import { refuseLength } from '../limits.ts';
import { NotRewritable, Refused } from '../verdicts.ts';
import {
  type Element,
  type ElementReader,
  elementHead,
  makeElement,
  sizeBytes,
  unsigned,
  vint,
  vintLength,
} from './ebml.ts';
import { MAX_BYTES, number, rewriteChildren } from './rewrite-children.ts';
import { BLOCK_GROUP, ID } from './schema.ts';
import type { KeptTracks } from './tracks.ts';

/** A position from which decoding may start. */
export interface Cue {
  time: number;
  /** Position of the cluster, relative to the start of the segment. */
  cluster: number;
}

export interface ClusterWriter {
  /** Copies one cluster. Returns the position of its end in the source. */
  copy(cluster: Element, limit: number): number;
  readonly cues: readonly Cue[];
}

const MAX_CUES = 1_000_000;
const LEVEL_ONE: ReadonlySet<number> = new Set([
  ...[ID.cluster, ID.cues, ID.info, ID.tracks, ID.seekHead, ID.attachments, ID.tags, ID.chapters],
]);
/** Position, size of the previous cluster, silent tracks, padding, checksum. */
const IGNORED = new Set([0xa7, 0xab, 0x5854, 0xec, 0xbf]);
const LACING = 0x06;
const KEY_FRAME = 0x80;

/** Rewrites clusters: their timestamps, and the blocks of the kept tracks. */
export function clusterWriter(
  file: FileBytes,
  reader: ElementReader,
  out: FileOut,
  options: { tracks: KeptTracks; segmentAt: number; secondsPerTick: number },
): ClusterWriter {
  const { tracks, segmentAt, secondsPerTick } = options;
  const cues: Cue[] = [];
  let at = 0;
  let time = 0;
  let cued = false;

  const block = (head: Buffer): { key: boolean; kept: boolean } => {
    const length = vintLength(head[0] ?? 0);
    if (head.length < length + 3) throw new Refused('invalid_media', 'contains a block without its header.');
    const track = vint(head, 0, length) ?? 0;
    const flags = head[length + 2]!;
    if (flags & LACING) throw new NotRewritable('packs several frames into one block');
    const key = (flags & KEY_FRAME) !== 0;
    lastTime = time + head.readInt16BE(length);
    return { key, kept: tracks.numbers.has(track) && remember(track) };
  };
  let lastTime = 0;
  let lastTrack = 0;
  const remember = (track: number): boolean => {
    lastTrack = track;
    return true;
  };
  const cue = (): void => {
    if (cued || lastTrack !== tracks.seekBy || cues.length >= MAX_CUES) return;
    cued = true;
    cues.push({ time: Math.max(0, lastTime), cluster: at - segmentAt });
  };
  const copyBlock = (element: Element): void => {
    const length = element.end! - element.body;
    if (length > MAX_BYTES) throw new NotRewritable('contains a block of absurd size');
    const { key, kept } = block(file.read(element.body, Math.min(12, length)));
    if (!kept) return;
    if (key) cue();
    out.write(elementHead(ID.simpleBlock, length));
    out.write(file.read(element.body, length));
  };
  const copyGroup = (element: Element): void => {
    let kept = false;
    let references = 0;
    const parts = rewriteChildren(reader, element, BLOCK_GROUP, (id, content) => {
      if (id === ID.block) kept = block(content.subarray(0, 12)).kept;
      if (id === ID.reference) references++;
    });
    if (!kept) return;
    if (references === 0) cue();
    out.write(makeElement(ID.blockGroup, ...parts));
  };
  const copyChild = (element: Element): void => {
    if (element.end === null) throw new Refused('invalid_media', 'contains an element of unknown size.');
    if (element.id === ID.timestamp) {
      const value = number(reader.content(element, 8));
      time = Number(value);
      refuseLength(time * secondsPerTick);
      out.write(makeElement(ID.timestamp, unsigned(value)));
    } else if (element.id === ID.simpleBlock) copyBlock(element);
    else if (element.id === ID.blockGroup) copyGroup(element);
    else if (!IGNORED.has(element.id))
      throw new NotRewritable('contains blocks of a type that the reader does not support');
  };

  return {
    cues,
    copy(cluster, limit) {
      at = out.position;
      time = 0;
      cued = false;
      out.write(elementHead(ID.cluster, 0, true));
      const from = out.position;
      let position = cluster.body;
      const end = cluster.end ?? limit;
      while (position < end) {
        const element = reader.at(position, end)!;
        // A cluster of unknown size ends at the next element of its level.
        if (cluster.end === null && LEVEL_ONE.has(element.id)) break;
        copyChild(element);
        position = element.end!;
      }
      out.patch(sizeBytes(out.position - from, 8), from - 8);
      out.settle();
      return position;
    },
  };
}
