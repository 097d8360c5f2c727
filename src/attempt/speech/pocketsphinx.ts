import type { SpokenSegment } from '../../captions/index.ts';
import { JobFailure } from '../../contract/failures.ts';
import { POCKETSPHINX_MODEL } from '../../sandbox/speech/pocketsphinx.ts';
import type { SpeechEngine } from './engine.ts';
import { heardMs } from './pieces.ts';

/** Duration of a frame of the recognizer, in milliseconds. */
const FRAME_MS = 10;
/** Maximum length of an utterance in frames. The memory of the search grows with the length of the utterance. */
const MAX_UTTERANCE = 3000;
/** Matches the fillers and silences of the model, and the suffix of an alternative pronunciation: `a(2)`. */
const FILLER = /^(?:<.*>|\[.*\]|\+\+.*\+\+)$/;
const VARIANT = /\(\d+\)$/;

/** PocketSphinx with the model of Debian: US English, lower case, without punctuation. */
export const pocketsphinx: SpeechEngine = {
  program: 'pocketsphinx',
  args: ({ result }) => [
    ...['-hmm', `${POCKETSPHINX_MODEL}/en-us`, '-lm', `${POCKETSPHINX_MODEL}/en-us.lm.bin`],
    ...['-dict', `${POCKETSPHINX_MODEL}/cmudict-en-us.dict`, '-adcin', 'yes', '-cepdir', '/in', '-cepext', ''],
    // Silences are already removed. If the recognizer removed silences, its times would shift.
    ...['-remove_silence', 'no', '-ctl', '/in/utterances', '-hypseg', result],
  ],
  texts: ({ audio, timeline }) => ({ utterances: utterancesOf(audio.replace('/in/', ''), heardMs(timeline)) }),
  parse: (result) => ({
    language: 'en',
    isEnglishOnly: true,
    segments: result
      .split('\n')
      .filter((line) => line !== '')
      .map(readUtterance)
      .filter(({ words }) => words.length > 0),
  }),
  unsupported({ language, task }) {
    if (task === 'translate') return 'This server recognizes only US English, and cannot translate.';
    return language === null || language === 'en' ? null : 'This server recognizes only US English.';
  },
};

/**
 * Returns a line per utterance: file, first frame, last frame, name. The name is the first frame, because the recognizer reports times
 * relative to this frame.
 */
function utterancesOf(file: string, ms: number): string {
  const frames = Math.floor(ms / FRAME_MS);
  const count = Math.max(1, Math.ceil(frames / MAX_UTTERANCE));
  const starts = Array.from({ length: count }, (_, index) => Math.round((index * frames) / count));
  return starts.map((start, index) => `${file} ${start} ${starts[index + 1] ?? frames} ${start}\n`).join('');
}

/**
 * Parses the line of an utterance: `NAME S n T n A n L n FRAME acoustic language WORD … END`, which has the first frame and the scores of
 * each word.
 */
function readUtterance(line: string): SpokenSegment {
  const [name, ...rest] = line.trim().split(/\s+/);
  const offset = Number(name);
  const fields = rest.slice(8);
  const end = Number(fields.at(-1));
  if (!Number.isInteger(offset) || !Number.isInteger(end) || fields.length % 4 !== 1) throw invalid();
  const at = (frame: number) => (offset + frame) * FRAME_MS;
  const words = [];
  for (let index = 0; index + 4 < fields.length; index += 4) {
    const [first, text, next] = [Number(fields[index]), fields[index + 3]!, Number(fields[index + 4])];
    if (!Number.isInteger(first) || !Number.isInteger(next) || text.length > 100) throw invalid();
    if (FILLER.test(text)) continue;
    words.push({ start: at(first), end: at(next), text: text.replace(VARIANT, ''), spaced: true, probability: null });
  }
  return { start: words[0]?.start ?? at(0), end: words.at(-1)?.end ?? at(end), words };
}

function invalid(): JobFailure {
  return new JobFailure('transcription_failed', 'The speech recognizer wrote an invalid result.');
}
