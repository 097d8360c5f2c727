import { TRANSCRIBE_PIECE } from '../../attempt/speech/piece-request.ts';
import type { Kind } from '../kind.ts';

/** Recognizes one piece of long media, for the transcription that is its parent. Clients do not see it. */
export const transcribePiece: Kind = {
  name: TRANSCRIBE_PIECE,
  events: null,
  shown: null,
  load: async () => (await import('./execute.ts')).executePiece,
};
