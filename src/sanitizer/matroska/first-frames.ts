import type { FileBytes } from '../file-bytes.ts';
import { type Element, elementReader, vint, vintLength } from './ebml.ts';
import { ID } from './schema.ts';

/** Number of elements of clusters in which the first frame of each stream is expected. */
const MAX_SEARCHED = 2000;
/** Maximum number of bytes of a frame. A key frame of 8K has about 10 MB. */
const MAX_FRAME = 64 * 2 ** 20;
const LACING = 0x06;
/** Ids of the elements whose children are searched. */
const PARENTS: ReadonlySet<number> = new Set([ID.cluster, ID.blockGroup]);

/** Finds the first frame of each of the tracks. A track without a frame is absent from the result. */
export function firstFrames(
  file: FileBytes,
  from: number,
  limit: number,
  tracks: ReadonlySet<number>,
): Map<number, Buffer> {
  const reader = elementReader(file);
  const found = new Map<number, Buffer>();
  let position = from;
  for (let left = MAX_SEARCHED; left > 0 && found.size < tracks.size; left--) {
    const element = reader.at(position, limit);
    if (!element) break;
    if (PARENTS.has(element.id)) {
      position = element.body;
      continue;
    }
    if (element.end === null) break;
    if (element.id === ID.simpleBlock || element.id === ID.block) keepFirst(file, element, tracks, found);
    position = element.end;
  }
  return found;
}

function keepFirst(file: FileBytes, block: Element, tracks: ReadonlySet<number>, found: Map<number, Buffer>): void {
  const length = block.end! - block.body;
  if (length < 4) return;
  const head = file.read(block.body, Math.min(12, length));
  const numberBytes = vintLength(head[0]!);
  const track = vint(head, 0, Math.min(numberBytes, head.length)) ?? 0;
  const start = numberBytes + 3;
  if (!tracks.has(track) || found.has(track) || length <= start || length > MAX_FRAME) return;
  if (head[numberBytes + 2]! & LACING) return;
  found.set(track, Buffer.from(file.read(block.body + start, length - start)));
}
