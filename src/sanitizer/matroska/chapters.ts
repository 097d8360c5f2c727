import { type Chapter, MAX_CHAPTERS, MAX_TITLE_BYTES, readTitle } from '../source-text.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { type Element, type ElementReader, makeElement, unsigned } from './ebml.ts';
import { number } from './rewrite-children.ts';
import { ID } from './schema.ts';

/** IDs of RFC 9559, section 5.1.7. */
const EDITION = 0x45b9;
const ATOM = 0xb6;
const ATOM_UID = 0x73c4;
const START = 0x91;
const HIDDEN = 0x98;
const DISPLAY = 0x80;
const TITLE = 0x85;
const LANGUAGE = 0x437c;
/** Bytes of a title that are read. The rest of a longer title is cut off. */
const MAX_READ_BYTES = 4 * MAX_TITLE_BYTES;
/** Maximum bytes of a list of chapters that is read. */
const MAX_LIST_BYTES = 2 ** 20;

/** Reads the chapters of the first edition, without nested chapters. Returns null if the list is too long. */
export function readChapters(reader: ElementReader, list: Element): Chapter[] | null {
  if (list.end === null || list.end - list.body > MAX_LIST_BYTES) return null;
  try {
    const edition = [...reader.within(list)].find(({ id }) => id === EDITION);
    const atoms = edition ? [...reader.within(edition)].filter(({ id }) => id === ATOM) : [];
    if (atoms.length > MAX_CHAPTERS) return null;
    return atoms.flatMap((atom) => readAtom(reader, atom) ?? []);
  } catch (error) {
    // Chapters that cannot be read do not prevent a remux.
    if (error instanceof Rejected || error instanceof NotRewritable) return null;
    throw error;
  }
}

function readAtom(reader: ElementReader, atom: Element): Chapter | null {
  const chapter: Chapter = { start: 0, title: '' };
  for (const element of reader.within(atom)) {
    if (element.id === START) chapter.start = Number(number(reader.content(element, 8)));
    if (element.id === HIDDEN && number(reader.content(element, 8)) !== 0n) return null;
    if (element.id !== DISPLAY || chapter.title !== '') continue;
    const title = [...reader.within(element)].find(({ id }) => id === TITLE);
    if (!title) continue;
    const end = Math.min(title.end!, title.body + MAX_READ_BYTES);
    chapter.title = readTitle(reader.content({ ...title, end }, MAX_READ_BYTES));
  }
  return Number.isSafeInteger(chapter.start) ? chapter : null;
}

/** Returns the `Chapters` element; empty if there are no chapters. */
export function chaptersElement(chapters: readonly Chapter[]): Buffer {
  if (chapters.length === 0) return Buffer.alloc(0);
  const atoms = chapters.map(({ start, title }, index) =>
    makeElement(
      ATOM,
      makeElement(ATOM_UID, unsigned(BigInt(index + 1))),
      makeElement(START, unsigned(BigInt(start))),
      makeElement(DISPLAY, makeElement(TITLE, Buffer.from(title)), makeElement(LANGUAGE, Buffer.from('und'))),
    ),
  );
  return makeElement(ID.chapters, makeElement(EDITION, ...atoms));
}
