import { NotRewritable } from '../verdicts.ts';
import type { Element, ElementReader } from './ebml.ts';
import type { MatroskaHead } from './matroska-head.ts';
import { number } from './rewrite-children.ts';
import { ID } from './schema.ts';

/**
 * Ids of elements. A seek entry contains the id of an element and its position. A cue contains its time, and the positions of the track,
 * the cluster and the block.
 */
const SEEK = { entry: 0x4dbb, id: 0x53ab, position: 0x53ac } as const;
const CUE = { point: 0xbb, time: 0xb3, place: 0xb7, track: 0xf7, cluster: 0xf1, block: 0xf0 } as const;
/** Maximum size of the cues in bytes. The cues of twelve hours with one key frame per second take about 1 MB. */
const MAX_CUES_BYTES = 8 * 2 ** 20;
export interface Cue {
  /** Time in ticks of the segment. */
  time: number;
  /** Position of the cluster in the file. `block` is relative to the content of the cluster. */
  cluster: number;
  block: number;
}

type CueHead = Pick<MatroskaHead, 'segmentAt' | 'mediaAt' | 'limit'>;

/**
 * Returns the cues of a track, in the order of their times. Throws `NotRewritable` if the file has no cues. Calls `prepare` with the range of
 * the file that is read next.
 */
export function readCues(
  reader: ElementReader,
  head: CueHead,
  track: number,
  prepare: (range: { start: number; end: number }) => void = () => {},
): Cue[] {
  const at = cuesPosition(reader, head);
  const element = at === null ? null : reader.at(at, head.limit);
  if (element?.id !== ID.cues || element.end === null) throw new NotRewritable('lists no key frames');
  if (element.end - element.body > MAX_CUES_BYTES) throw new NotRewritable('lists more key frames than any real file');
  prepare({ start: element.body, end: element.end });
  const cues: Cue[] = [];
  for (const point of reader.within(element)) {
    if (point.id !== CUE.point) continue;
    const cue = readCue(reader, point, track);
    if (cue) cues.push({ ...cue, cluster: head.segmentAt + cue.cluster });
  }
  return cues.sort((a, b) => a.time - b.time);
}

function readCue(reader: ElementReader, point: Element, track: number): Cue | null {
  let time: number | null = null;
  let found: { cluster: number; block: number } | null = null;
  for (const child of reader.within(point)) {
    if (child.id === CUE.time) time = numberOf(reader, child);
    if (child.id !== CUE.place) continue;
    const values = new Map([...reader.within(child)].flatMap((one) => (one.id > 0xff ? [] : [[one.id, one] as const])));
    const read = (id: number) => {
      const value = values.get(id);
      return value ? numberOf(reader, value) : null;
    };
    const [cluster, block] = [read(CUE.cluster), read(CUE.block)];
    if (read(CUE.track) === track && cluster !== null && block !== null) found = { cluster, block };
  }
  return time === null || found === null ? null : { time, ...found };
}

/** Returns the position of the cues that `SeekHead` declares; null if it declares none. */
function cuesPosition(reader: ElementReader, { segmentAt, mediaAt, limit }: CueHead): number | null {
  for (let position = segmentAt; position < mediaAt; ) {
    const element = reader.at(position, limit)!;
    if (element.id === ID.seekHead) {
      for (const entry of reader.within(element)) {
        if (entry.id !== SEEK.entry) continue;
        const children = [...reader.within(entry)];
        const id = children.find((child) => child.id === SEEK.id);
        const place = children.find((child) => child.id === SEEK.position);
        if (id && place && numberOf(reader, id) === ID.cues) return segmentAt + numberOf(reader, place);
      }
    }
    position = element.end!;
  }
  return null;
}

function numberOf(reader: ElementReader, element: Element): number {
  const value = number(reader.content(element, 8));
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotRewritable('has a position that no file reaches');
  return Number(value);
}
