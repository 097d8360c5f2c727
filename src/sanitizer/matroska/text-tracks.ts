import { inflateSync } from 'node:zlib';
import type { SubtitleTrack } from '../../ffmpeg/index.ts';
import { isReadable, MAX_SUBTITLE_BYTES, MAX_SUBTITLE_TRACKS } from '../source-text.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { assEvent, assHeader } from './ass.ts';
import { type Element, type ElementReader, makeElement } from './ebml.ts';
import { childrenOf, number, rewriteChildren } from './rewrite-children.ts';
import { ID, TRACK } from './schema.ts';
import { languageOf } from './track-info.ts';

/** A track of subtitles, which is written after the tracks of video and audio. */
export interface TextTrack {
  number: number;
  /** Its children, rewritten. */
  entry: Buffer[];
  track: SubtitleTrack;
  isCompressed: boolean;
}

/** Codecs of subtitles that are text, and whether they have styles. */
const TEXT_CODECS: Readonly<Record<string, boolean>> = {
  ...{ 'S_TEXT/UTF8': false, 'S_TEXT/WEBVTT': false },
  ...{ 'S_TEXT/ASS': true, 'S_TEXT/SSA': true, S_ASS: true, S_SSA: true },
};
const CONFIG = 0x63a2;
/** Maximum number of bytes of an entry. The header of ASS contains its styles. */
const MAX_TEXT_ENTRY = 2 ** 20;
const TEXT_TRACK = { ...TRACK, [CONFIG]: 'drop' as const, [ID.contentEncodings]: 'drop' as const };

/** Reads the tracks of text that the reader supports. `taken` are the numbers of the other tracks. */
export function readTexts(reader: ElementReader, entries: readonly Element[], taken: Set<number>): TextTrack[] {
  const texts: TextTrack[] = [];
  for (const entry of entries.slice(0, MAX_SUBTITLE_TRACKS)) {
    try {
      const text = readText(reader, entry);
      if (!text || taken.has(text.number)) continue;
      taken.add(text.number);
      texts.push(text);
    } catch (error) {
      // Subtitles that cannot be read do not prevent a remux.
      if (!(error instanceof Rejected || error instanceof NotRewritable)) throw error;
    }
  }
  return texts;
}

function readText(reader: ElementReader, element: Element): TextTrack | null {
  if (element.end === null || element.end - element.body > MAX_TEXT_ENTRY) return null;
  const values = new Map<number, Buffer>();
  const entry = rewriteChildren(reader, element, TEXT_TRACK, (id, content) => values.set(id, content));
  const trackNumber = Number(number(values.get(ID.trackNumber) ?? Buffer.alloc(0)));
  const codec = values.get(ID.codecId)?.toString('latin1').replace(/\0+$/, '') ?? '';
  const isStyled = TEXT_CODECS[codec];
  if (trackNumber === 0 || isStyled === undefined) return null;
  const header = isStyled ? readHeader(reader, element) : null;
  if (isStyled && !header) return null;
  return {
    number: trackNumber,
    entry: header ? [...entry, makeElement(CONFIG, header)] : entry,
    track: { isStyled, language: languageOf(values) },
    isCompressed: isCompressed(reader, element),
  };
}

function readHeader(reader: ElementReader, track: Element): Buffer | null {
  const [config] = childrenOf(reader, [track], CONFIG);
  return config ? assHeader(reader.content(config, MAX_TEXT_ENTRY)) : null;
}

/** Whether the subtitles are compressed by zlib, as older versions of mkvmerge do. Throws `NotRewritable` for other encodings. */
function isCompressed(reader: ElementReader, track: Element): boolean {
  const encodings = childrenOf(reader, childrenOf(reader, [track], ID.contentEncodings), ID.contentEncoding);
  const numberIn = (parents: readonly Element[], id: number) => {
    const [element] = childrenOf(reader, parents, id);
    return element ? number(reader.content(element, 8)) : null;
  };
  const declared = [0x5032, 0x5033].map((id) => numberIn(encodings, id));
  const algorithm = numberIn(childrenOf(reader, encodings, 0x5034), 0x4254);
  // Absent values stand for compression by zlib of everything in a block.
  if (encodings.length > 1 || (declared[0] ?? 1n) !== 1n || (declared[1] ?? 0n) !== 0n || (algorithm ?? 0n) !== 0n) {
    throw new NotRewritable('has subtitles with an unsupported encoding');
  }
  return encodings.length === 1;
}

/** Returns the text of a subtitle as FFmpeg reads it; null if it cannot be kept. */
export function readSubtitle({ track, isCompressed }: TextTrack, content: Buffer): Buffer | null {
  const text = isCompressed ? inflated(content) : content;
  if (!text || !isReadable(text)) return null;
  return track.isStyled ? assEvent(text) : text;
}

function inflated(content: Buffer): Buffer | null {
  try {
    return inflateSync(content, { maxOutputLength: MAX_SUBTITLE_BYTES });
  } catch {
    return null;
  }
}
