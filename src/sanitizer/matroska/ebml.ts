import type { FileBytes } from '../file-bytes.ts';
import { Rejected, Truncated } from '../verdicts.ts';

/** An element (RFC 8794), and the position of its content. `end` is null if the size is unknown. */
export interface Element {
  id: number;
  body: number;
  end: number | null;
}

/** Maximum number of elements per file: twelve hours with 200 blocks per second. */
const MAX_ELEMENTS = 12 * 3600 * 200;

export interface ElementReader {
  /** Reads the element at a position. Returns null at the end. */
  at(position: number, limit: number): Element | null;
  /** Yields the children of an element. Throws `Rejected` if a child has an unknown size. */
  within(parent: Element): Generator<Element, void, undefined>;
  content(element: Element, maxBytes: number): Buffer;
}

export function elementReader(file: FileBytes): ElementReader {
  let left = MAX_ELEMENTS;
  const reader: ElementReader = {
    at(position, limit) {
      if (position >= limit) return null;
      if (--left < 0) throw new Rejected('invalid_media', 'contains more elements than any real file.');
      const head = file.read(position, Math.min(12, limit - position));
      const idLength = lengthOf(head[0]!, 4);
      const sizeLength = lengthOf(head[idLength] ?? 0, 8);
      if (idLength + sizeLength > head.length) throw new Rejected('invalid_media', 'ends inside an element.');
      const id = head.readUIntBE(0, idLength);
      const size = vint(head, idLength, sizeLength);
      const body = position + idLength + sizeLength;
      if (size === null) return { id, body, end: null };
      if (body + size > limit) throw new Truncated();
      return { id, body, end: body + size };
    },
    *within(parent) {
      if (parent.end === null) throw new Rejected('invalid_media', 'contains an element of unknown size.');
      let position = parent.body;
      while (position < parent.end) {
        const element = reader.at(position, parent.end)!;
        if (element.end === null) throw new Rejected('invalid_media', 'contains an element of unknown size.');
        yield element;
        position = element.end;
      }
    },
    content(element, maxBytes) {
      const length = (element.end ?? 0) - element.body;
      if (length < 0 || length > maxBytes) {
        throw new Rejected(
          'invalid_media',
          `declares an element of ${length} bytes, and at most ${maxBytes} are allowed.`,
        );
      }
      return Buffer.from(file.read(element.body, length));
    },
  };
  return reader;
}

function lengthOf(first: number, max: number): number {
  const length = Math.clz32(first) - 23;
  if (first === 0 || length > max) throw new Rejected('invalid_media', 'contains bytes that are not an element.');
  return length;
}

/** Decodes a variable-length integer. Returns null if all its bits are ones, which means unknown. */
export function vint(bytes: Buffer, at: number, length: number): number | null {
  let value = BigInt(bytes[at]! & (0xff >> length));
  let ones = value === BigInt(0xff >> length);
  for (let index = 1; index < length; index++) {
    const byte = bytes[at + index]!;
    value = (value << 8n) | BigInt(byte);
    ones &&= byte === 0xff;
  }
  if (ones) return null;
  if (value > BigInt(Number.MAX_SAFE_INTEGER))
    throw new Rejected('invalid_media', 'declares an element of absurd size.');
  return Number(value);
}

/** Returns the length of the variable-length integer that starts with this byte. */
export function vintLength(first: number): number {
  return lengthOf(first, 8);
}

/** Serializes an element. */
export function makeElement(id: number, ...parts: Uint8Array[]): Buffer {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([elementHead(id, size), ...parts]);
}

/** Serializes the id and the size of an element. If `wide` is true, the size has eight bytes, so that it can be patched later. */
export function elementHead(id: number, size: number, wide = false): Buffer {
  const idBytes = Buffer.alloc(id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);
  idBytes.writeUIntBE(id, 0, idBytes.length);
  let length = 1;
  while (!wide && length < 8 && size >= 2 ** (7 * length) - 1) length++;
  return Buffer.concat([idBytes, sizeBytes(size, wide ? 8 : length)]);
}

export function sizeBytes(size: number, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size) | (1n << BigInt(7 * length)));
  return bytes.subarray(8 - length);
}

export function unsigned(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(value);
  let from = 0;
  while (from < 7 && bytes[from] === 0) from++;
  return bytes.subarray(from);
}
