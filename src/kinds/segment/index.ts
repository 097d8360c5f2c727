import type { Kind } from '../kind.ts';

/** Encodes one piece of a long video, or its audio, for the transcode that is its parent. Clients do not see it. */
export const segment: Kind = {
  name: 'segment',
  events: null,
  shown: null,
  load: async () => (await import('./execute.ts')).executeSegment,
};
