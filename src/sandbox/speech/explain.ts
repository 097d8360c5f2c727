import { type Explanation, explainFailure, type ProgramEnd } from '../../ffmpeg/run/failure-text.ts';

const STOPPED: Explanation = {
  code: 'sandbox_violation',
  message: 'The sandbox stopped the speech recognizer because it attempted a forbidden operation.',
};

/** Explains why a recognizer failed. The recognizer's own messages are for the operator and are in the log of the attempt. */
export function explainRecognizer(run: ProgramEnd): Explanation {
  if (run.end === 'violation') return STOPPED;
  if (run.end.startsWith('limit_')) return explainFailure({ ...run, stderr: '' });
  return { code: 'transcription_failed', message: 'The speech recognizer stopped before it finished.' };
}
