import type { Kind } from '../kind.ts';

/** Encodes one piece of a long video, or its audio, for its parent, which is a transcode. Clients don't see it. */
export const segment: Kind = {
  name: 'segment',
  events: null,
  shown: null,
  load: async () => (await import('./execute.ts')).executeSegment,
};
