import { cleanLine } from './clean-text.ts';
import { endCost, endsSentence } from './end-quality.ts';
import { textWidth } from './text-width.ts';
import type { Cue, Word } from './types.ts';

/*
 * Layout of words as captions, by the rules that broadcasters and streaming services publish (Netflix Timed Text Style Guide, BBC Subtitle
 * Guidelines). A caption has at most two lines of up to 42 columns, lasts between one and seven seconds, and has at most 20 characters a
 * second. It ends where a sentence or a clause ends, and not after an article or a preposition if that can be avoided.
 */

export interface LayoutOptions {
  /** Maximum columns of a line, 20 to 80. A longer word is cut at this width. */
  maxLine: number;
}

export const DEFAULT_MAX_LINE = 42;
const MAX_LINES = 2;
const MAX_CUE_MS = 7000;
const MIN_CUE_MS = 1000;
/** Milliseconds between two captions, so that a viewer notices the change: two frames at 24 frames a second. */
const GAP_MS = 84;
/** Maximum milliseconds of a pause between two words of a caption. */
const MAX_PAUSE_MS = 1500;
/** Characters that a viewer reads per second. */
const READING_SPEED = 20;
/** The cost of an additional caption, in the units of `endCost`. */
const CUE_COST = 2.5;

/** Words from `from` (inclusive) to `end` (exclusive). */
interface Span {
  from: number;
  end: number;
}

/** Words with cumulative widths, so that the width of a span is a subtraction. */
interface Line {
  words: readonly Word[];
  maxLine: number;
  /** Columns before each word, including spaces. */
  before: readonly number[];
  /** `endCost` after each word. */
  endCosts: readonly number[];
  /** Number of sentences that end before each word. */
  sentences: readonly number[];
}

/** Divides words, in the order of their times, into captions. */
export function layoutCaptions(words: readonly Word[], { maxLine }: LayoutOptions): Cue[] {
  const line = measure(
    words.flatMap((word) => cutWord(word, maxLine)),
    maxLine,
  );
  const cues = divide(line).map((span) => {
    const start = line.words[span.from]!.start;
    return { start, end: Math.max(line.words[span.end - 1]!.end, start + 1), text: breakLines(line, span).join('\n') };
  });
  return adjustTimes(cues);
}

function measure(words: readonly Word[], maxLine: number): Line {
  const [before, sentences] = [[0], [0]];
  for (const word of words) {
    before.push(before.at(-1)! + (word.spaced ? 1 : 0) + textWidth(word.text));
    sentences.push(sentences.at(-1)! + (endsSentence(word) ? 1 : 0));
  }
  const endCosts = words.map((word, index) => endCost(word, words[index + 1] ?? null));
  return { words, maxLine, before, endCosts, sentences };
}

function widthOf({ words, before }: Line, { from, end }: Span): number {
  return before[end]! - before[from]! - (words[from]?.spaced ? 1 : 0);
}

function textOf({ words }: Line, { from, end }: Span): string {
  let text = '';
  for (let at = from; at < end; at += 1) text += (at > from && words[at]!.spaced ? ' ' : '') + words[at]!.text;
  return text;
}

/** Cuts a word that is wider than a line into parts with equal shares of its time. */
function cutWord(word: Word, maxLine: number): Word[] {
  const text = cleanLine(word.text);
  if (text === '') return [];
  if (textWidth(text) <= maxLine) return [{ ...word, text }];
  const parts: string[] = [];
  let part = '';
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (part !== '' && textWidth(part + segment) > maxLine) {
      parts.push(part);
      part = '';
    }
    part += segment;
  }
  parts.push(part);
  const share = (word.end - word.start) / parts.length;
  return parts.map((piece, index) => ({
    ...{ ...word, text: piece, spaced: index === 0 && word.spaced },
    ...{ start: Math.round(word.start + index * share), end: Math.round(word.start + (index + 1) * share) },
  }));
}

/** Divides words into captions with the least cost, by dynamic programming. Each caption spans few words, so the time is linear. */
function divide(line: Line): Span[] {
  const best: { cost: number; from: number }[] = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= line.words.length; end += 1) {
    let found = { cost: Number.POSITIVE_INFINITY, from: end - 1 };
    for (let from = end - 1; from >= 0; from -= 1) {
      const at = cueBreak(line, { from, end });
      if (at === null) break;
      const cost = best[from]!.cost + cueCost(line, { from, end }, at);
      if (cost < found.cost) found = { cost, from };
    }
    best.push(found);
  }
  const spans: Span[] = [];
  for (let end = line.words.length; end > 0; end = best[end]!.from) spans.push({ from: best[end]!.from, end });
  return spans.reverse();
}

/** Returns the same as `breakAt`, or null if no caption may span these words. A caption may always consist of a single word. */
function cueBreak(line: Line, span: Span): number | null {
  const { words, maxLine } = line;
  const { from, end } = span;
  if (end - from === 1) return end;
  if (words[from + 1]!.start - words[from]!.end > MAX_PAUSE_MS) return null;
  if (words[end - 1]!.end - words[from]!.start > MAX_CUE_MS) return null;
  return widthOf(line, span) <= maxLine * MAX_LINES ? breakAt(line, span) : null;
}

/**
 * Returns the cost of a caption.
 * @param at index of the first word of the second line; the end of the caption if it has one line
 */
function cueCost(line: Line, span: Span, at: number): number {
  const { words, maxLine, endCosts, sentences } = line;
  const { from, end } = span;
  const next = words[end] ?? null;
  const last = words[end - 1]!;
  // A sentence that ends in the middle of a caption makes the caption harder to read.
  const inner = sentences[end - 1]! - sentences[from]!;
  const width = widthOf(line, span);
  const lines = at === end ? 0 : lineCost(line, span, at) / 4;
  const readable = Math.min(next ? next.start - GAP_MS : Number.POSITIVE_INFINITY, words[from]!.start + MAX_CUE_MS);
  const seconds = Math.max(last.end, readable) - words[from]!.start;
  const tooFast = Math.max(0, width / Math.max(0.001, seconds / 1000) / READING_SPEED - 1);
  const isFragment = width < maxLine / 4 && sentences[end] === sentences[end - 1] ? 1 : 0;
  return CUE_COST + endCosts[end - 1]! + inner + lines + 2 * tooFast + isFragment;
}

/** Returns one line, or two lines of at most the maximum width. */
function breakLines(line: Line, span: Span): string[] {
  const at = widthOf(line, span) <= line.maxLine ? null : breakAt(line, span);
  if (at === null) return [textOf(line, span)];
  return [textOf(line, { ...span, end: at }), textOf(line, { ...span, from: at })];
}

/** Returns the index of the first word of the second line: null if two lines cannot contain the words, and `end` if one line can. */
function breakAt(line: Line, { from, end }: Span): number | null {
  if (widthOf(line, { from, end }) <= line.maxLine) return end;
  let best: { at: number; cost: number } | null = null;
  for (let at = end - 1; at > from; at -= 1) {
    if (widthOf(line, { from: at, end }) > line.maxLine) break;
    if (widthOf(line, { from, end: at }) > line.maxLine) continue;
    const cost = lineCost(line, { from, end }, at);
    if (!best || cost < best.cost) best = { at, cost };
  }
  return best?.at ?? null;
}

/** Returns the cost of a line break. Lines of equal length read best. If they differ, the upper line should be shorter. */
function lineCost(line: Line, { from, end }: Span, at: number): number {
  const [upper, lower] = [widthOf(line, { from, end: at }), widthOf(line, { from: at, end })];
  const imbalance = Math.abs(upper - lower) / Math.max(1, upper + lower);
  return 2 * line.endCosts[at - 1]! + 8 * imbalance + (upper > lower ? 0.5 : 0);
}

/** Extends each caption to its reading time, but not into the next caption, and separates captions by a gap. */
function adjustTimes(cues: readonly Cue[]): Cue[] {
  return cues.map(({ start, end, text }, index) => {
    const next = cues[index + 1]?.start ?? Number.POSITIVE_INFINITY;
    const wanted = Math.max(end, start + MIN_CUE_MS, start + (textWidth(text) / READING_SPEED) * 1000);
    const latest = Math.min(Math.max(next - GAP_MS, start + 1), start + Math.max(MAX_CUE_MS, end - start));
    return { start, end: Math.round(Math.min(wanted, latest)), text };
  });
}
