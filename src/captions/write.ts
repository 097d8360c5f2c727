import { cleanLine, disarmMarkup, disarmStyles } from './clean-text.ts';
import { formatTime } from './times.ts';
import type { Cue, Word } from './types.ts';

/** Writes SubRip: numbered cues, whose texts contain nothing that players could interpret as tags. Without cues, the file is empty. */
export function writeSrt(cues: readonly Cue[]): string {
  return cues
    .map(({ start, end, text }, index) => {
      const times = `${formatTime(start, ',')} --> ${formatTime(end, ',')}`;
      return `${index + 1}\n${times}\n${linesOf(text).map(disarmMarkup).join('\n')}\n`;
    })
    .join('\n');
}

/** Writes WebVTT (W3C): a header, and a block for each cue. Without cues, the file contains only the header, which is valid. */
export function writeVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ start, end, text }) => {
    const times = `${formatTime(start, '.')} --> ${formatTime(end, '.')}`;
    return `${times}\n${linesOf(text).map(escapeVtt).join('\n')}\n`;
  });
  return ['WEBVTT\n', ...blocks].join('\n');
}

/** A segment of speech, as the recognizer reports it. */
export interface SpokenSegment {
  /** Milliseconds from the start of the media. */
  start: number;
  end: number;
  words: Word[];
}

export interface TranscriptFacts {
  /** ISO 639-1 code; null if there is no speech. */
  language: string | null;
  task: 'transcribe' | 'translate';
  /** Duration of the media. */
  durationSeconds: number;
  segments: readonly SpokenSegment[];
  /** Whether the file lists the words with their times. */
  words: boolean;
}

/** Writes JSON with times in seconds. The members of this JSON are part of the API. */
export function writeJson({ language, task, durationSeconds, segments, words }: TranscriptFacts): string {
  const shown = segments.map((segment) => ({
    start: seconds(segment.start),
    end: seconds(segment.end),
    text: joinWords(segment.words),
    ...(words && {
      words: segment.words.map(({ start, end, text, probability }) => ({
        ...{ start: seconds(start), end: seconds(end), text: cleanLine(text) },
        ...(probability !== null && { probability: Math.round(probability * 1000) / 1000 }),
      })),
    }),
  }));
  const text = shown.map((segment) => segment.text).join(' ');
  const file = { language, task, duration_seconds: seconds(durationSeconds * 1000), text, segments: shown };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** Joins words of one language, with the spaces that the language writes. */
export function joinWords(words: readonly Word[]): string {
  return cleanLine(words.map(({ text, spaced }) => (spaced ? ' ' : '') + text).join(''));
}

function seconds(ms: number): number {
  return Math.round(ms) / 1000;
}

/** Removes empty lines, which would end the cue. */
function linesOf(text: string): string[] {
  const lines = text.split('\n').map(cleanLine);
  const shown = lines.filter((line) => line !== '');
  return shown.length > 0 ? shown : ['…'];
}

function escapeVtt(line: string): string {
  return disarmStyles(line).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
