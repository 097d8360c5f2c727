import type { FileBytes } from '../file-bytes.ts';
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
 * Reads the heads of the blocks. Stops where the file is damaged, because its copy reports the damage.
 * @param mostFrames number of frames of the tracks after which the function stops
 */
export function blockTimes(
  file: FileBytes,
  { mediaAt, limit }: MediaRange,
  tracks: readonly number[],
  mostFrames = Number.POSITIVE_INFINITY,
): BlockTimes {
  const reader = elementReader(file);
  const frames = new Map(tracks.map((track): [number, number[]] => [track, []]));
  let [cluster, latest, left] = [0, 0, mostFrames];
  const take = (element: Element): void => {
    if (element.id === ID.timestamp) cluster = Number(number(reader.content(element, 8)));
    if (element.id !== ID.simpleBlock && element.id !== ID.block) return;
    const { track, offset } = readHead(file, element);
    latest = Math.max(latest, cluster + offset);
    const known = frames.get(track);
    known?.push(cluster + offset);
    if (known) left--;
  };
  try {
    for (let position = mediaAt; left > 0; ) {
      const element = reader.at(position, limit);
      if (!element) break;
      const isParent = PARENTS.has(element.id);
      if (!isParent && element.end === null) break;
      if (!isParent) take(element);
      position = isParent ? element.body : element.end!;
    }
  } catch (error) {
    if (!(error instanceof NotRewritable || error instanceof Rejected || error instanceof RangeError)) throw error;
  }
  const sorted = [...frames].map(([track, times]): [number, Float64Array] => [track, Float64Array.from(times).sort()]);
  return { frames: new Map(sorted), latest };
}

/** Returns the track of a block, and its time relative to its cluster. */
function readHead(file: FileBytes, { body, end }: Element): { track: number; offset: number } {
  const head = file.read(body, Math.min(12, end! - body));
  const length = vintLength(head[0]!);
  return { track: vint(head, 0, length) ?? 0, offset: head.readInt16BE(length) };
}
