import { isUtf8 } from 'node:buffer';
import type { SourceText, SubtitleTrack } from '../ffmpeg/index.ts';

/** A chapter of a file. `start` is in nanoseconds. */
export interface Chapter {
  start: number;
  title: string;
}

/** The texts of a file in addition to its video and audio. The new container contains the chapters. */
export interface FileText {
  /** Number of subtitle tracks of the source. */
  subtitles: number;
  /** The subtitle tracks that the new container contains, in its order. */
  tracks: readonly SubtitleTrack[];
  /** Number of subtitles of these tracks that the new container does not contain; absent = 0. */
  droppedSubtitles?: number;
  chapters: readonly Chapter[];
  /** Whether the file has more chapters than the new container can contain. Then `chapters` is empty. */
  hasTooMany: boolean;
}

export const NO_TEXT: FileText = { subtitles: 0, tracks: [], chapters: [], hasTooMany: false };
/** Maximum number of chapters. Nero's list, which MP4 uses, cannot have more. */
export const MAX_CHAPTERS = 255;
export const MAX_TITLE_BYTES = 255;
/** Maximum number of subtitle tracks that are kept, and of their bytes together. A film in one language has about 100 kB. */
export const MAX_SUBTITLE_TRACKS = 8;
export const MAX_TEXT_BYTES = 16 * 2 ** 20;
/** Maximum number of bytes of one subtitle. FFmpeg needs seconds for much longer texts, and MP4 cannot contain more than 64 kB. */
export const MAX_SUBTITLE_BYTES = 16 * 2 ** 10;

/** Whether FFmpeg can decode a text: it is not too long, and is UTF-8 without a reversed byte order mark. */
export function isReadable(text: Buffer): boolean {
  return text.length <= MAX_SUBTITLE_BYTES && isUtf8(text) && !text.includes('\ufffe');
}

/** Decodes a title, without control characters and with at most `MAX_TITLE_BYTES` bytes of UTF-8. */
export function readTitle(bytes: Buffer): string {
  const text = bytes.toString('utf8').replace(/[\p{Cc}\p{Cf}\p{Co}\ufffd]/gu, '');
  let title = '';
  for (const character of text) {
    if (Buffer.byteLength(title + character) > MAX_TITLE_BYTES) break;
    title += character;
  }
  return title;
}

/** Returns the text of a file as the planner needs it. */
export function summariseText({ chapters, ...text }: FileText): SourceText {
  return { ...text, chapters: chapters.length };
}
