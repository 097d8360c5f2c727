import { NotRewritable } from '../verdicts.ts';

/** A text that is shown for a time, in seconds. */
export interface Cue {
  start: number;
  end: number;
  /** Lines in the syntax of WebVTT. */
  text: string;
}

/** Pattern of a time, as in `01:02:03,456 --> …` of SubRip and `02:03.456 --> … settings` of WebVTT. */
const TIME = String.raw`(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})`;
const TIMING = new RegExp(String.raw`^\s*${TIME}\s*-->\s*${TIME}(?:\s|$)`);
/** Pattern of the tags that both formats have, and of all other text that looks like a tag or like a style of ASS. */
const TAG = /<\/?([a-z][^<>\s.]*)?[^<>]*>|\{\\[^{}]*\}/gi;
const KEPT: ReadonlySet<string> = new Set(['b', 'i', 'u']);
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', nbsp: '\u00a0', lrm: '', rlm: '' };

/**
 * Reads the cues of SubRip or WebVTT. Returns them in the order of their starts. Drops positions and styles. Throws `NotRewritable` if no
 * cue has text before `seconds`, which is the end of the video.
 */
export function readCues(text: string, seconds: number): Cue[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  const cues: Cue[] = [];
  for (let at = 0; at < lines.length; at++) {
    const timing = TIMING.exec(lines[at]!);
    if (!timing) continue;
    const [start, end] = [secondsOf(timing.slice(1, 5)), Math.min(seconds, secondsOf(timing.slice(5, 9)))];
    const shown: string[] = [];
    while (at + 1 < lines.length && lines[at + 1]!.trim() !== '') shown.push(cueText(lines[++at]!));
    const kept = shown.filter((line) => line.trim() !== '').join('\n');
    if (end > start && kept !== '') cues.push({ start, end, text: kept });
  }
  if (cues.length === 0) throw new NotRewritable('has subtitles without a text that is shown during the video');
  return cues.sort((a, b) => a.start - b.start);
}

/** Returns the cues as WebVTT (W3C): a header, and a block for each cue. */
export function webVtt(cues: readonly Cue[]): string {
  const blocks = cues.map(({ start, end, text }) => `${timeOf(start)} --> ${timeOf(end)}\n${text}\n`);
  return `WEBVTT\n\n${blocks.join('\n')}`;
}

function secondsOf([hours = '0', minutes, seconds, fraction]: string[]): number {
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) + Number(fraction!.padEnd(3, '0')) / 1000;
}

/** Formats a time: `3723.456` → `01:02:03.456`. */
function timeOf(seconds: number): string {
  const total = Math.round(seconds * 1000);
  const parts = [Math.floor(total / 3_600_000), Math.floor(total / 60_000) % 60, Math.floor(total / 1000) % 60];
  return `${parts.map((part) => String(part).padStart(2, '0')).join(':')}.${String(total % 1000).padStart(3, '0')}`;
}

/** Returns a line with the tags that players know, and without other text that players might interpret. */
function cueText(line: string): string {
  let [text, from] = ['', 0];
  for (const tag of line.matchAll(TAG)) {
    text += escaped(line.slice(from, tag.index));
    from = tag.index + tag[0].length;
    const name = tag[1]?.toLowerCase() ?? '';
    if (KEPT.has(name)) text += tag[0].startsWith('</') ? `</${name}>` : `<${name}>`;
  }
  return text + escaped(line.slice(from));
}

function escaped(text: string): string {
  const plain = text.replace(/&([a-z]+);/g, (entity, name: string) => ENTITIES[name] ?? entity);
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\0', '');
}
