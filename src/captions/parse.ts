import { CONTROL, TAG } from './clean-text.ts';
import { parseTiming } from './times.ts';
import type { Cue } from './types.ts';

/** Maximum bytes of a file of captions. The captions of three hours of speech have about 300 KB. */
export const MAX_CAPTION_BYTES = 2 ** 20;
export const MAX_CUES = 20_000;
/** Maximum characters of one line. Two lines of 42 characters are usual. */
export const MAX_CUE_LINE = 500;
/** Maximum lines of one cue. */
export const MAX_CUE_LINES = 8;

/** Why a file is rejected. */
export interface CaptionFault {
  /** Line of the file, from 1; null if the fault has no line. */
  line: number | null;
  /** A complete sentence, which names the line if the fault has a line. */
  message: string;
}

export type ParsedCaptions = { ok: true; format: 'srt' | 'vtt'; cues: Cue[] } | { ok: false; fault: CaptionFault };

/**
 * Reads SubRip or WebVTT strictly, because people write the file, and it is shown to other people. Rejects everything that isn't a caption,
 * with its line. Cues must be in the order of their starts. Rejects tags, ASS styles and WebVTT style blocks. Drops positions and comments.
 */
export function parseCaptions(file: Uint8Array | string): ParsedCaptions {
  const text = decode(file);
  if ('fault' in text) return { ok: false, fault: text.fault };
  const lines = text.text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  const isVtt = /^WEBVTT(?:[ \t]|$)/.test(lines[0]!);
  const first = isVtt ? lines.findIndex((line) => line.trim() === '') : 0;
  const blocks = first < 0 ? [] : blocksOf(lines, first);
  const cues: Cue[] = [];
  for (const block of blocks) {
    if (isVtt && /^NOTE(?:[ \t]|$)/.test(block.lines[0]!)) continue;
    const read = readBlock(block, isVtt, cues.at(-1) ?? null);
    if ('fault' in read) return { ok: false, fault: read.fault };
    cues.push(read.cue);
    if (cues.length > MAX_CUES) return { ok: false, fault: fault(block.at, `more than ${MAX_CUES} captions begin`) };
  }
  if (cues.length === 0 && !isVtt) return { ok: false, fault: NO_CAPTIONS };
  return { ok: true, format: isVtt ? 'vtt' : 'srt', cues };
}

const NO_CAPTIONS: CaptionFault = {
  line: null,
  message:
    'The file contains no captions: send SubRip (SRT) or WebVTT, such as "1", "00:00:01,000 --> 00:00:02,000" and a text.',
};

function fault(at: number, problem: string): CaptionFault {
  return { line: at + 1, message: `Line ${at + 1}: ${problem}.` };
}

function decode(file: Uint8Array | string): { text: string } | { fault: CaptionFault } {
  const bytes = typeof file === 'string' ? Buffer.byteLength(file) : file.length;
  if (bytes > MAX_CAPTION_BYTES) {
    return { fault: { line: null, message: `The file is larger than ${MAX_CAPTION_BYTES} bytes. Split the media.` } };
  }
  if (typeof file === 'string') {
    return file.isWellFormed() ? { text: file } : { fault: NOT_UTF8 };
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file) };
  } catch {
    return { fault: NOT_UTF8 };
  }
}

const NOT_UTF8: CaptionFault = { line: null, message: 'The file is not UTF-8 text. Save the file as UTF-8.' };

/** Consecutive lines that are not empty. */
interface Block {
  /** Index of the first line. */
  at: number;
  lines: string[];
}

function blocksOf(lines: readonly string[], from: number): Block[] {
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (let at = from; at < lines.length; at += 1) {
    const line = lines[at]!;
    if (line.trim() === '') open = null;
    else if (open) open.lines.push(line);
    else {
      open = { at, lines: [line] };
      blocks.push(open);
    }
  }
  return blocks;
}

function readBlock({ at, lines }: Block, isVtt: boolean, before: Cue | null): { cue: Cue } | { fault: CaptionFault } {
  const timingAt = parseTiming(lines[0]!) || lines[0]!.includes('-->') ? 0 : 1;
  if (isVtt && /^(?:STYLE|REGION)[ \t]*$/.test(lines[0]!)) {
    return { fault: fault(at, 'styles and regions are not supported: remove this block') };
  }
  if (timingAt === 1 && !isVtt && !/^\s*\d{1,9}\s*$/.test(lines[0]!)) {
    return { fault: fault(at, 'a caption must begin with a number or a time such as 00:00:01,000 --> 00:00:02,000') };
  }
  const timing = lines[timingAt] === undefined ? null : parseTiming(lines[timingAt]!);
  if (!timing) return { fault: fault(at + timingAt, 'expected a time such as 00:00:01,000 --> 00:00:02,000') };
  const { start, end } = timing;
  if (end <= start) return { fault: fault(at + timingAt, 'the caption ends before it starts') };
  if (before && start < before.start) {
    return { fault: fault(at + timingAt, 'the caption starts before the previous caption') };
  }
  const texts = lines.slice(timingAt + 1);
  if (texts.length === 0) return { fault: fault(at + timingAt, 'the caption has no text') };
  if (texts.length > MAX_CUE_LINES) {
    return { fault: fault(at + timingAt, `the caption has more than ${MAX_CUE_LINES} lines`) };
  }
  for (const [index, line] of texts.entries()) {
    const problem = lineProblem(line);
    if (problem) return { fault: fault(at + timingAt + 1 + index, problem) };
  }
  return { cue: { start, end, text: texts.map((line) => plainLine(line, isVtt)).join('\n') } };
}

function lineProblem(line: string): string | null {
  if (line.length > MAX_CUE_LINE) return `the line has more than ${MAX_CUE_LINE} characters`;
  if (CONTROL.test(line)) return 'the line contains a control character';
  if (line.includes('-->')) return 'an empty line must precede a time';
  const tag = TAG.exec(line)?.[0];
  if (tag) return `tags and styles such as ${tag.slice(0, 20)} are not supported, remove them`;
  return null;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', nbsp: ' ', lrm: '', rlm: '' };

function plainLine(line: string, isVtt: boolean): string {
  const text = isVtt ? line.replace(/&(amp|lt|gt|nbsp|lrm|rlm);/g, (_, name: string) => ENTITIES[name]!) : line;
  return text.trim() || '…';
}
