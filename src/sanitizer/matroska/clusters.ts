import { INPUT_LIMITS } from '../../ffmpeg/probe/input-limits.ts';
import type { FileBytes, FileOut } from '../file-bytes.ts';
import { checkLength } from '../limits.ts';
import { MAX_TEXT_BYTES } from '../source-text.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
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
import { readSubtitle, type TextTrack } from './text-tracks.ts';
import type { KeptTracks } from './tracks.ts';

/** A position at which decoding may start. */
export interface Cue {
  time: number;
  /** Position of the cluster, relative to the start of the segment. */
  cluster: number;
}

const MAX_CUES = 1_000_000;
const LEVEL_ONE: ReadonlySet<number> = new Set([
  ...[ID.cluster, ID.cues, ID.info, ID.tracks, ID.seekHead, ID.attachments, ID.tags, ID.chapters],
]);
/** Ids of the elements of a cluster that are dropped: position, size of the previous cluster, silent tracks, padding, checksum. */
const IGNORED = new Set([0xa7, 0xab, 0x5854, 0xec, 0xbf]);
const LACING = 0x06;
const KEY_FRAME = 0x80;

export interface ClusterOptions {
  tracks: KeptTracks;
  /** Position of the start of the segment in the output. */
  segmentAt: number;
  secondsPerTick: number;
}

/**
 * Maximum number of subtitles in succession. FFmpeg keeps encoded subtitles until video or audio follows, and reserves 1 MiB of address space
 * for each of them. A cell has at least 4 GiB.
 */
const MAX_WAITING = 2048;

/** Rewrites clusters: their timestamps, and the blocks of the kept tracks. */
export class ClusterWriter {
  readonly cues: Cue[] = [];
  readonly #file: FileBytes;
  readonly #reader: ElementReader;
  readonly #out: FileOut;
  readonly #options: ClusterOptions;
  /** Position of the cluster in the output. */
  #at = 0;
  /** Timestamp of the cluster. */
  #time = 0;
  #isCued = false;
  /** Timestamp of the last block. */
  #blockTime = 0;
  /** Track of the last block that is kept. */
  #blockTrack = 0;
  /** Number of bytes of subtitles that may still be kept. */
  #textLeft = MAX_TEXT_BYTES;
  /** Number of subtitles since the last block of video or audio. */
  #waiting = 0;
  /** Number of subtitles that were not copied. */
  droppedSubtitles = 0;
  readonly #texts: ReadonlyMap<number, TextTrack>;

  constructor(file: FileBytes, reader: ElementReader, out: FileOut, options: ClusterOptions) {
    this.#file = file;
    this.#reader = reader;
    this.#out = out;
    this.#options = options;
    this.#texts = new Map(options.tracks.texts.map((text) => [text.number, text]));
  }

  /** Copies one cluster. Returns the position of its end in the source. */
  copy(cluster: Element, limit: number): number {
    const from = this.#begin();
    let position = cluster.body;
    const end = cluster.end ?? limit;
    while (position < end) {
      const element = this.#reader.at(position, end)!;
      // A cluster of unknown size ends at the next element of its level.
      if (cluster.end === null && LEVEL_ONE.has(element.id)) break;
      this.#copyChild(element);
      position = element.end!;
    }
    this.#end(from);
    return position;
  }

  /** Copies some children of a cluster. The first child must be its timestamp. */
  copySome(children: readonly Element[]): void {
    const from = this.#begin();
    for (const element of children) this.#copyChild(element);
    this.#end(from);
  }

  /** Begins a cluster. Returns the position of its content in the output. */
  #begin(): number {
    const out = this.#out;
    this.#at = out.position;
    this.#time = 0;
    this.#isCued = false;
    out.write(elementHead(ID.cluster, 0, true));
    return out.position;
  }

  #end(from: number): void {
    const out = this.#out;
    out.patch(sizeBytes(out.position - from, 8), from - 8);
    out.settle();
  }

  #copyChild(element: Element): void {
    if (element.end === null) throw new Rejected('invalid_media', 'contains an element of unknown size.');
    if (element.id === ID.timestamp) this.#copyTimestamp(element);
    else if (element.id === ID.simpleBlock) this.#copyBlock(element);
    else if (element.id === ID.blockGroup) this.#copyGroup(element);
    else if (!IGNORED.has(element.id))
      throw new NotRewritable('contains blocks of a type that the reader does not support');
  }

  #copyTimestamp(element: Element): void {
    const value = number(this.#reader.content(element, 8));
    this.#time = Number(value);
    checkLength(this.#time * this.#options.secondsPerTick);
    this.#out.write(makeElement(ID.timestamp, unsigned(value)));
  }

  #copyBlock(element: Element): void {
    const length = element.end! - element.body;
    if (length > MAX_BYTES) throw new NotRewritable('contains a block of absurd size');
    const { key, track, kept } = this.#readBlock(this.#file.read(element.body, Math.min(12, length)));
    const text = this.#texts.get(track);
    if (text) this.#copyText(text, this.#file.read(element.body, length), null);
    if (!kept) return;
    if (key) this.#cue();
    this.#out.write(elementHead(ID.simpleBlock, length));
    this.#out.write(this.#file.read(element.body, length));
  }

  #copyGroup(element: Element): void {
    const values = new Map<number, Buffer>();
    const parts = rewriteChildren(this.#reader, element, BLOCK_GROUP, (id, content) => values.set(id, content));
    const block = values.get(ID.block);
    if (!block) return;
    const { track, kept } = this.#readBlock(block.subarray(0, 12));
    const text = this.#texts.get(track);
    if (text) this.#copyText(text, block, values.get(ID.blockDuration) ?? null);
    if (!kept) return;
    if (!values.has(ID.reference)) this.#cue();
    this.#out.write(makeElement(ID.blockGroup, ...parts));
  }

  #readBlock(head: Buffer): { key: boolean; track: number; kept: boolean } {
    const length = vintLength(head[0] ?? 0);
    if (head.length < length + 3) throw new Rejected('invalid_media', 'contains a block without its header.');
    const track = vint(head, 0, length) ?? 0;
    const flags = head[length + 2]!;
    if (flags & LACING) throw new NotRewritable('packs several frames into one block');
    const kept = this.#options.tracks.numbers.has(track);
    this.#blockTime = this.#time + head.readInt16BE(length);
    if (kept) {
      this.#blockTrack = track;
      this.#waiting = 0;
    }
    return { key: (flags & KEY_FRAME) !== 0, track, kept };
  }

  /** Copies only the text and the duration of a subtitle. Drops it if FFmpeg cannot decode it. */
  #copyText(text: TextTrack, block: Buffer, duration: Buffer | null): void {
    const at = vintLength(block[0]!) + 3;
    const content = readSubtitle(text, block.subarray(at));
    const seconds = duration ? Number(number(duration)) * this.#options.secondsPerTick : 0;
    const isTooMuch = content !== null && (content.length > this.#textLeft || this.#waiting >= MAX_WAITING);
    if (!content || isTooMuch || seconds > INPUT_LIMITS.maxDurationSeconds) {
      this.droppedSubtitles++;
      return;
    }
    this.#textLeft -= content.length;
    this.#waiting++;
    const parts = [makeElement(ID.block, block.subarray(0, at), content)];
    if (duration) parts.push(makeElement(ID.blockDuration, duration));
    this.#out.write(makeElement(ID.blockGroup, ...parts));
  }

  #cue(): void {
    const { tracks, segmentAt } = this.#options;
    if (this.#isCued || this.#blockTrack !== tracks.seekBy || this.cues.length >= MAX_CUES) return;
    this.#isCued = true;
    this.cues.push({ time: Math.max(0, this.#blockTime), cluster: this.#at - segmentAt });
  }
}
