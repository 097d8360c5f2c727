import { JobFailure } from '../../contract/failures.ts';
import type { SpeechEngine } from './engine.ts';
import { pocketsphinx } from './pocketsphinx.ts';
import { whisper } from './whisper.ts';

const ENGINES: readonly SpeechEngine[] = [whisper, pocketsphinx];

/** Returns the engine whose program is in the image of this worker. Throws `JobFailure` if there is none. */
export function installedEngine(programs: Readonly<Record<string, unknown>>): SpeechEngine {
  const engine = ENGINES.find(({ program }) => programs[program] !== undefined);
  if (engine) return engine;
  throw new JobFailure('transcription_failed', 'The speech model of this worker was removed or changed.', {
    retry: true,
  });
}
