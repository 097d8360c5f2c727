import { TRANSCRIBE_PIECE } from '../../attempt/speech/piece-request.ts';
import type { Kind } from '../kind.ts';

/**
 * The kind of the jobs that recognize the speech in one piece of long media, for their parent, which is a transcription. Clients don't see
 * these jobs.
 */
export const transcribePiece: Kind = {
  name: TRANSCRIBE_PIECE,
  events: null,
  shown: null,
  load: async () => (await import('./execute.ts')).executePiece,
};
