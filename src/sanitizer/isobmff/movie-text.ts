import { unlessUnclear } from '../codecs/bits.ts';
import type { FileBytes } from '../file-bytes.ts';
import {
  type Chapter,
  type FileText,
  isReadable,
  MAX_CHAPTERS,
  MAX_SUBTITLE_TRACKS,
  MAX_TEXT_BYTES,
  MAX_TITLE_BYTES,
  NO_TEXT,
  readTitle,
} from '../source-text.ts';
import { NotRewritable, Rejected } from '../verdicts.ts';
import { arrange } from './arrange.ts';
import { type Box, type BoxBudget, boxMap, content, makeBox, makeFullBox, u32 } from './boxes.ts';
import { languageOf } from './language.ts';
import type { Movie, TextTrack, Track } from './movie.ts';
import { readTextTrack } from './read-track.ts';

/** Handlers of tracks of subtitles. QuickTime uses `text` for subtitles, and also for titles of chapters. */
const SUBTITLE_HANDLERS: ReadonlySet<string> = new Set(['sbtl', 'subt', 'clcp', 'text']);
/** Nanoseconds of the unit of a list of chapters. */
const UNIT_NS = 100;
/** Number of bytes before the text of a sample. */
const TEXT_AT = 2;
const MAX_LIST_BYTES = 16 + MAX_CHAPTERS * (9 + MAX_TITLE_BYTES);

/** The texts of a movie. `subtitles` are the tracks that `text` describes. */
interface MovieText {
  text: FileText;
  subtitles: readonly TextTrack[];
}

/** Reads the chapters and the subtitles of a movie. Text that cannot be read does not prevent a remux. `tracks` are the other tracks. */
export function readMovieText(
  file: FileBytes,
  { traks, userData, tracks: media }: { traks: readonly Box[]; userData: Box | undefined; tracks: readonly Track[] },
  budget: BoxBudget,
): MovieText {
  try {
    const tracks = traks.map((trak) => boxMap(file, trak, budget));
    const handlers = tracks.map((parts) => handlerOf(file, parts, budget));
    const titles = new Set(tracks.flatMap((parts) => chapterTracks(file, parts, budget)));
    const texts = traks.filter((_, index) => {
      return SUBTITLE_HANDLERS.has(handlers[index]!) && !titles.has(idOf(file, tracks[index]!));
    });
    const subtitles = readSubtitles(file, texts, media, budget);
    const list = userData && boxMap(file, userData, budget).get('chpl');
    const chapters = list ? readList(file, list) : { chapters: [], hasTooMany: titles.size > 0 };
    const kept = subtitles.map((track) => {
      return { isStyled: false, language: unlessUnclear(() => languageOf(track.media.language)) };
    });
    return { text: { subtitles: texts.length, tracks: kept, ...chapters }, subtitles };
  } catch (error) {
    if (isUnreadable(error)) return { text: NO_TEXT, subtitles: [] };
    throw error;
  }
}

function isUnreadable(error: unknown): boolean {
  return error instanceof Rejected || error instanceof NotRewritable || error instanceof RangeError;
}

/** Reads the tracks of subtitles that the reader supports, within the limits. */
function readSubtitles(
  file: FileBytes,
  texts: readonly Box[],
  media: readonly Track[],
  budget: BoxBudget,
): readonly TextTrack[] {
  const kept: TextTrack[] = [];
  let left = MAX_TEXT_BYTES;
  for (const trak of texts.slice(0, MAX_SUBTITLE_TRACKS)) {
    try {
      const track = readTextTrack(file, trak, budget);
      const bytes = track.samples.chunks.bytes.reduce((sum, size) => sum + size, 0);
      if (track.samples.count === 0 || bytes > left) continue;
      // Skips a track whose samples share bytes with each other or with other tracks.
      arrange([...media, ...kept, track]);
      left -= bytes;
      kept.push(track);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
    }
  }
  return kept;
}

/** Drops the subtitles that FFmpeg cannot decode. Reads all of them, so the entire file must have arrived. */
export function withDecodableText(movie: Movie, file: FileBytes): Movie {
  const { subtitles = [], text } = movie;
  const isKept = subtitles.map((track) => isDecodable(file, track));
  if (!text || !isKept.includes(false)) return movie;
  const tracks = text.tracks.filter((_, index) => isKept[index]);
  return { ...movie, subtitles: subtitles.filter((_, index) => isKept[index]), text: { ...text, tracks } };
}

/** Whether FFmpeg can decode every sample: the length of a text, the text, and its styles. */
function isDecodable(file: FileBytes, { samples }: TextTrack): boolean {
  const { chunks } = samples;
  let sample = 0;
  for (let chunk = 0; chunk < chunks.count; chunk++) {
    const bytes = file.read(chunks.offsets[chunk]!, chunks.bytes[chunk]!);
    let at = 0;
    for (let left = chunks.samples[chunk]!; left > 0; left--) {
      const size = samples.size || samples.sizes.readUInt32BE(sample++ * 4);
      const length = size < TEXT_AT ? size : bytes.readUInt16BE(at);
      if (TEXT_AT + length > size || !isReadable(bytes.subarray(at + TEXT_AT, at + TEXT_AT + length))) return false;
      at += size;
    }
  }
  return true;
}

function handlerOf(file: FileBytes, parts: Map<string, Box>, budget: BoxBudget): string {
  const mdia = parts.get('mdia');
  const hdlr = mdia && boxMap(file, mdia, budget).get('hdlr');
  return hdlr ? content(file, hdlr, 4096, 12).toString('latin1', 8, 12) : '';
}

/** Returns the ids of the tracks with the titles of chapters to which a track refers. */
function chapterTracks(file: FileBytes, parts: Map<string, Box>, budget: BoxBudget): number[] {
  const references = parts.get('tref');
  const list = references && boxMap(file, references, budget).get('chap');
  const ids = list ? content(file, list, 4096) : Buffer.alloc(0);
  return Array.from({ length: Math.floor(ids.length / 4) }, (_, index) => ids.readUInt32BE(index * 4));
}

/** Returns the id of a track, whose position depends on the version of the header. */
function idOf(file: FileBytes, parts: Map<string, Box>): number {
  const header = parts.get('tkhd');
  const bytes = header ? content(file, header, 256, 24) : Buffer.alloc(24);
  return bytes.readUInt32BE(bytes[0] === 1 ? 20 : 12);
}

function readList(file: FileBytes, list: Box): Pick<FileText, 'chapters' | 'hasTooMany'> {
  const bytes = content(file, list, MAX_LIST_BYTES, 5);
  let at = bytes[0] === 0 ? 4 : 8;
  const count = bytes[at++] ?? 0;
  const chapters: Chapter[] = [];
  for (let index = 0; index < count && at + 9 <= bytes.length; index++) {
    const length = bytes[at + 8]!;
    const start = Number(bytes.readBigUInt64BE(at)) * UNIT_NS;
    chapters.push({ start, title: readTitle(bytes.subarray(at + 9, at + 9 + length)) });
    at += 9 + length;
  }
  return { chapters, hasTooMany: false };
}

/** Returns the user data of a movie with the list of its chapters; empty if it has none. */
export function chapterData(chapters: readonly Chapter[]): Buffer {
  if (chapters.length === 0) return Buffer.alloc(0);
  const rows = chapters.map(({ start, title }) => {
    const text = Buffer.from(title);
    const row = Buffer.alloc(9);
    row.writeBigUInt64BE(BigInt(Math.round(start / UNIT_NS)));
    row[8] = text.length;
    return Buffer.concat([row, text]);
  });
  return makeBox('udta', makeFullBox('chpl', 1, 0, u32(0), Buffer.from([chapters.length]), ...rows));
}
