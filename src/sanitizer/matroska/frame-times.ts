import { type FileBytes, sparseBytes } from '../file-bytes.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { type Element, elementReader, vint, vintLength } from './ebml.ts';
import { number } from './rewrite-children.ts';
import { ID } from './schema.ts';

/** The part of a file that contains its media. */
export interface MediaRange {
  mediaAt: number;
  limit: number;
}

/** Times of the blocks of a file, in ticks of the segment. */
export interface BlockTimes {
  /** Times of each video track in rising order, by its number. */
  frames: Map<number, Float64Array>;
  /** The latest time of a block of any track. */
  latest: number;
}

/** Ids of the elements whose children are read. */
const PARENTS: ReadonlySet<number> = new Set([ID.cluster, ID.blockGroup]);

/**
 * Yields the elements of a file's media that contain no other elements. Ends where the file is damaged, because its copy reports the
 * damage.
 */
export function* mediaElements(file: FileBytes, { mediaAt, limit }: MediaRange): Generator<Element, void, undefined> {
  const reader = elementReader(file);
  for (let position = mediaAt; ; ) {
    const element = unlessDamaged(() => reader.at(position, limit));
    if (!element) return;
    const isParent = PARENTS.has(element.id);
    if (!isParent && element.end === null) return;
    if (!isParent) yield element;
    position = isParent ? element.body : element.end!;
  }
}

function unlessDamaged<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotRewritable || error instanceof Rejected || error instanceof RangeError) return null;
    throw error;
  }
}

/**
 * Reads the heads of the blocks. Stops where the file is damaged.
 * @param mostFrames number of frames of the tracks after which the function stops
 */
export function blockTimes(
  file: FileBytes,
  range: MediaRange,
  tracks: readonly number[],
  mostFrames = Number.POSITIVE_INFINITY,
): BlockTimes {
  const heads = sparseBytes(file);
  const reader = elementReader(heads);
  const frames = new Map(tracks.map((track): [number, number[]] => [track, []]));
  let cluster = 0;
  let latest = 0;
  let left = mostFrames;
  for (const element of mediaElements(heads, range)) {
    if (left <= 0) break;
    if (element.id === ID.timestamp) {
      const value = unlessDamaged(() => number(reader.content(element, 8)));
      if (value === null) break;
      cluster = Number(value);
    }
    if (!isBlock(element)) continue;
    const head = unlessDamaged(() => readHead(heads, element));
    if (!head) break;
    latest = Math.max(latest, cluster + head.offset);
    const known = frames.get(head.track);
    known?.push(cluster + head.offset);
    if (known) left--;
  }
  const sorted = [...frames].map(([track, times]): [number, Float64Array] => [track, Float64Array.from(times).sort()]);
  return { frames: new Map(sorted), latest };
}

export function isBlock({ id }: Element): boolean {
  return id === ID.simpleBlock || id === ID.block;
}

/** Returns the track of a block, and its time relative to its cluster. */
function readHead(file: FileBytes, { body, end }: Element): { track: number; offset: number } {
  const head = file.read(body, Math.min(12, end! - body));
  const length = vintLength(head[0]!);
  return { track: vint(head, 0, length) ?? 0, offset: head.readInt16BE(length) };
}
