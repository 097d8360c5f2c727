import type { Kind } from '../kind.ts';

/**
 * The kind of the jobs that encode one piece of a long video, or its audio, for their parent, which is a transcode. Clients don't see these
 * jobs.
 */
export const segment: Kind = {
  name: 'segment',
  events: null,
  shown: null,
  load: async () => (await import('./execute.ts')).executeSegment,
};
