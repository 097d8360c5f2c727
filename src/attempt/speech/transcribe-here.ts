import type { TranscriptTask } from '../../contract/transcriptions.ts';
import type { Run, WorkTools } from '../tools.ts';
import { decodeAudio, type Samples } from './decode-audio.ts';
import type { Recognized } from './engine.ts';
import { measureSpeech } from './measure-speech.ts';
import type { OpenedSource } from './open-source.ts';
import { cutPieces, type SpeechPiece } from './pieces.ts';
import { recognizePiece } from './recognize.ts';

/** The audio of media, and the pieces of speech in it. */
export interface MeasuredSpeech {
  samples: Samples;
  pieces: SpeechPiece[];
}

/** Share of the job's progress that decoding covers. */
const DECODED = 0.1;

/** Decodes the audio of a source, and finds the pieces of speech in it. */
export async function findPieces(
  tools: WorkTools,
  run: Run,
  { source, file, slot }: OpenedSource,
): Promise<MeasuredSpeech> {
  const samples = await decodeAudio(tools, run, { source, file, slot, share: { from: 0, to: DECODED } });
  return { samples, pieces: cutPieces(await measureSpeech(samples, run.signal)) };
}

/** Recognizes all pieces in this attempt, one after another. */
export async function recognizeHere(
  tools: WorkTools,
  run: Run,
  { samples, pieces }: MeasuredSpeech,
  wanted: { language: string | null; task: TranscriptTask; slot: number },
): Promise<Recognized[]> {
  const total = pieces.reduce((sum, { from, to }) => sum + to - from, 0);
  const results: Recognized[] = [];
  let done = 0;
  const at = () => DECODED + ((1 - DECODED) * done) / total;
  for (const piece of pieces) {
    const from = at();
    done += piece.to - piece.from;
    results.push(await recognizePiece(tools, run, { ...wanted, samples, offset: 0, piece, share: { from, to: at() } }));
  }
  return results;
}
