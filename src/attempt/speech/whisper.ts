import * as z from 'zod';
import type { SpokenSegment, Word } from '../../captions/index.ts';
import { JobFailure } from '../../contract/failures.ts';
import { WHISPER_MODEL } from '../../sandbox/speech/whisper.ts';
import type { SpeechEngine } from './engine.ts';

const header = z.object({ language: z.string().regex(/^[a-z]{2,3}$/), multilingual: z.boolean() });
const ms = z.number().min(-1000).max(86_400_000);
const token = z.tuple([z.string().max(1000), ms, ms, z.number()]);
const segment = z.object({ from: ms, to: ms, tokens: z.array(token).max(1000) });
const MAX_SEGMENTS = 20_000;

/** whisper.cpp with the model that the operator installed. */
export const whisper: SpeechEngine = {
  program: 'whisper',
  args: ({ audio, result, threads, language, task }) => [
    ...[WHISPER_MODEL, audio, result, String(threads), language ?? 'auto', task],
  ],
  texts: () => ({}),
  parse(result) {
    const lines = result.split('\n').filter((line) => line !== '');
    if (lines.length > MAX_SEGMENTS) throw invalid();
    const [first, ...rest] = lines.map(parseLine);
    const facts = header.safeParse(first);
    const segments = z.array(segment).safeParse(rest);
    if (!facts.success || !segments.success) throw invalid();
    const { language, multilingual } = facts.data;
    return { language, isEnglishOnly: !multilingual, segments: segments.data.map(readSegment).filter(hasWords) };
  },
  unsupported: () => null,
};

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw invalid();
  }
}

function invalid(): JobFailure {
  return new JobFailure('transcription_failed', 'The speech recognizer wrote an invalid result.');
}

const hasWords = ({ words }: SpokenSegment) => words.length > 0;

/** Converts a segment. Tokens are parts of words, and even of characters, so their bytes are joined before they are read as UTF-8. */
function readSegment({ from, to, tokens }: z.infer<typeof segment>): SpokenSegment {
  const groups: { bytes: Buffer[]; start: number; end: number; probabilities: number[] }[] = [];
  for (const [text, start, end, probability] of tokens) {
    const bytes = Buffer.from(text, 'latin1');
    const open = groups.at(-1);
    if (open && !text.startsWith(' ')) {
      open.bytes.push(bytes);
      open.end = Math.max(open.end, end);
      open.probabilities.push(probability);
    } else groups.push({ bytes: [bytes], start, end, probabilities: [probability] });
  }
  const words = groups.flatMap(({ bytes, start, end, probabilities }) => {
    const text = Buffer.concat(bytes).toString('utf8').replaceAll('\ufffd', '');
    const mean = probabilities.reduce((sum, one) => sum + one, 0) / probabilities.length;
    return splitUnspaced({ start, end: Math.max(start, end), text, spaced: text.startsWith(' '), probability: mean });
  });
  return { start: from, end: Math.max(from, to), words: words.filter(({ text }) => text.trim() !== '') };
}

/** Scripts without spaces between words. Words are found by the rules of Unicode, and each word gets an equal share of the time. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

function splitUnspaced(word: Word): Word[] {
  const text = word.text.trim();
  if (!UNSPACED.test(text)) return [{ ...word, text }];
  const parts: string[] = [];
  for (const { segment: part, isWordLike } of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(text)) {
    // Punctuation belongs to the previous word.
    if (isWordLike || parts.length === 0) parts.push(part);
    else parts[parts.length - 1] += part;
  }
  const share = (word.end - word.start) / parts.length;
  return parts.map((part, index) => ({
    ...{ ...word, text: part, spaced: index === 0 && word.spaced },
    ...{ start: Math.round(word.start + index * share), end: Math.round(word.start + (index + 1) * share) },
  }));
}
