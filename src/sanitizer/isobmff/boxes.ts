import type { FileBytes } from '../file-bytes.ts';
import { Rejected } from '../verdicts.ts';

/** A box (ISO/IEC 14496-12, 4.2), and the position of its content. */
export interface Box {
  type: string;
  start: number;
  /** First byte of the content. */
  body: number;
  end: number;
}

/** Maximum number of boxes per file. A feature film in fragments of half a second has about 170,000 boxes. */
const MAX_BOXES = 400_000;

/** Counts boxes across a complete file, so that neither breadth nor depth can keep the reader busy. */
export interface BoxBudget {
  left: number;
}

export const boxBudget = (): BoxBudget => ({ left: MAX_BOXES });

/** Yields the boxes between two offsets. If `top` is true, accepts a last box that extends beyond the end of a truncated file. */
export function* boxesIn(
  file: FileBytes,
  from: number,
  to: number,
  budget: BoxBudget,
  top = false,
): Generator<Box, void, undefined> {
  let at = from;
  while (at + 8 <= to) {
    if (--budget.left < 0) throw new Rejected('invalid_media', 'contains more boxes than any real file.');
    const head = file.read(at, 8);
    const type = head.toString('latin1', 4, 8);
    let size = head.readUInt32BE(0);
    let body = at + 8;
    if (size === 1) {
      if (at + 16 > to) throw new Rejected('invalid_media', 'ends inside the header of a box.');
      const long = file.read(at + 8, 8).readBigUInt64BE(0);
      if (long > BigInt(Number.MAX_SAFE_INTEGER)) throw new Rejected('invalid_media', 'declares a box of absurd size.');
      size = Number(long);
      body += 8;
    } else if (size === 0) {
      size = to - at;
      // QuickTime ends a list of atoms with 32 zero bits.
      if (!top) return;
    }
    if (size < body - at) {
      // Padding after the last box of a file is harmless.
      if (top) return;
      throw new Rejected('invalid_media', 'declares a box that is smaller than its own header.');
    }
    if (at + size > to && !top)
      throw new Rejected('invalid_media', 'declares a box that is larger than the one around it.');
    yield { type, start: at, body, end: at + size };
    at += size;
  }
}

/** Maps each type to its first child box. Ignores later boxes of the same type. */
export function boxMap(file: FileBytes, box: { body: number; end: number }, budget: BoxBudget): Map<string, Box> {
  const map = new Map<string, Box>();
  for (const child of boxesIn(file, box.body, box.end, budget)) if (!map.has(child.type)) map.set(child.type, child);
  return map;
}

/** Reads the content of a box. Throws `Rejected` if its size is out of bounds. */
export function content(file: FileBytes, box: Box, maxBytes: number, minBytes = 0): Buffer {
  const length = box.end - box.body;
  if (length > maxBytes || length < minBytes) {
    throw new Rejected('invalid_media', `declares a box "${printable(box.type)}" of ${length} bytes.`);
  }
  return Buffer.from(file.read(box.body, length));
}

/** Serializes a box. */
export function makeBox(type: string, ...parts: Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(size, 0);
  head.write(type, 4, 4, 'latin1');
  return Buffer.concat([head, ...parts], size);
}

/** Serializes a box with version and flags. */
export function makeFullBox(type: string, version: number, flags: number, ...parts: Uint8Array[]): Buffer {
  return makeBox(type, u32((version << 24) | flags), ...parts);
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, index * 4);
  return bytes;
}

export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
