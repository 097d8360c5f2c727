import { NotRewritable, Refused } from '../verdicts.ts';
import { type Element, type ElementReader, makeElement, unsigned } from './ebml.ts';
import type { Rules } from './schema.ts';

/** Largest block or decoder set-up. An 8K key frame has some 10 MB. */
export const MAX_BYTES = 64 * 2 ** 20;
const MAX_TEXT = 256;
/** Most children of one element of a track or a block. */
const MAX_CHILDREN = 256;

/** Reads the children of an element by the rules and rewrites them. `seen` receives each before it is written. */
export function carry(
  reader: ElementReader,
  parent: Element,
  rules: Rules,
  seen: (id: number, content: Buffer) => void = () => {},
): Buffer[] {
  const written: Buffer[] = [];
  let count = 0;
  for (const element of reader.within(parent)) {
    if (++count > MAX_CHILDREN) throw new Refused('invalid_media', 'repeats one thing more often than any real file.');
    const rule = rules[element.id];
    if (rule === 'drop') continue;
    if (rule === undefined) {
      throw new NotRewritable(`contains an element (0x${element.id.toString(16)}) that the reader does not know`);
    }
    if (typeof rule === 'object') {
      written.push(makeElement(element.id, ...carry(reader, element, rule, seen)));
      continue;
    }
    const content = reader.content(element, rule === 'bytes' ? MAX_BYTES : rule === 'text' ? MAX_TEXT : 8);
    seen(element.id, content);
    written.push(makeElement(element.id, rewrite(rule, content)));
  }
  return written;
}

function rewrite(rule: 'unsigned' | 'signed' | 'float' | 'text' | 'bytes', content: Buffer): Buffer {
  if (rule === 'unsigned') return unsigned(number(content));
  if (rule === 'float' && ![0, 4, 8].includes(content.length)) {
    throw new Refused('invalid_media', 'contains a number of a form that does not exist.');
  }
  if (rule === 'text' && /[^\x20-\x7e]/.test(content.toString('latin1').replace(/\0+$/, ''))) {
    throw new NotRewritable('names its codec or language in signs that are not allowed there');
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
