import { NotRewritable, Rejected } from '../verdicts.ts';
import { type Element, type ElementReader, makeElement, unsigned } from './ebml.ts';
import type { Rules } from './schema.ts';

/** Maximum number of bytes of a block or of a decoder configuration. A key frame of 8K has about 10 MB. */
export const MAX_BYTES = 64 * 2 ** 20;
const MAX_TEXT = 256;
/** Maximum number of children of one element. */
const MAX_CHILDREN = 256;

/** Reads the children of an element, and rewrites them by the rules. Calls `onValue` for each value that is kept. */
export function rewriteChildren(
  reader: ElementReader,
  parent: Element,
  rules: Rules,
  onValue: (id: number, content: Buffer) => void = () => {},
): Buffer[] {
  const written: Buffer[] = [];
  let count = 0;
  for (const element of reader.within(parent)) {
    if (++count > MAX_CHILDREN) throw new Rejected('invalid_media', 'contains more child elements than any real file.');
    const rule = rules[element.id];
    if (rule === 'drop') continue;
    if (rule === undefined) {
      throw new NotRewritable(`contains an element (0x${element.id.toString(16)}) that the reader does not support`);
    }
    if (typeof rule === 'object') {
      written.push(makeElement(element.id, ...rewriteChildren(reader, element, rule, onValue)));
      continue;
    }
    const content = reader.content(element, rule === 'bytes' ? MAX_BYTES : rule === 'text' ? MAX_TEXT : 8);
    onValue(element.id, content);
    written.push(makeElement(element.id, rewriteValue(rule, content)));
  }
  return written;
}

/** Returns the children of elements that have this id. */
export function childrenOf(reader: ElementReader, parents: readonly Element[], id: number): Element[] {
  return parents.flatMap((parent) => [...reader.within(parent)].filter((child) => child.id === id));
}

function rewriteValue(rule: 'unsigned' | 'signed' | 'float' | 'text' | 'bytes', content: Buffer): Buffer {
  if (rule === 'unsigned') return unsigned(number(content));
  if (rule === 'float' && ![0, 4, 8].includes(content.length)) {
    throw new Rejected('invalid_media', 'contains a floating-point number of an invalid size.');
  }
  if (rule === 'text' && /[^\x20-\x7e]/.test(content.toString('latin1').replace(/\0+$/, ''))) {
    throw new NotRewritable('names its codec or language with characters that are not allowed');
  }
  return content;
}

export function number(content: Buffer): bigint {
  return content.length === 0 ? 0n : BigInt(`0x${content.toString('hex')}`);
}

export function float(content: Buffer): number {
  if (content.length === 8) return content.readDoubleBE(0);
  return content.length === 4 ? content.readFloatBE(0) : 0;
}
