import { TRANSCRIBE_PIECE } from '../../attempt/speech/piece-request.ts';
import type { Kind } from '../kind.ts';

/** Recognizes the speech in one piece of long media, for its parent, which is a transcription. Clients don't see it. */
export const transcribePiece: Kind = {
  name: TRANSCRIBE_PIECE,
  events: null,
  shown: null,
  load: async () => (await import('./execute.ts')).executePiece,
};
