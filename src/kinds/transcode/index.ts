import { markChildren } from '../../jobs/discard-children.ts';
import type { Kind } from '../kind.ts';
import { admitTranscode, type TranscodeSubmission } from './admit.ts';
import { shown } from './shown.ts';

/** Transcodes media into one file, with FFmpeg in a cell. */
export const transcode: Omit<Kind<TranscodeSubmission>, 'shown'> & { shown: typeof shown } = {
  name: 'transcode',
  events: { prefix: 'transcode' },
  shown,
  admit: admitTranscode,
  // The pieces of a job that failed are gone already: it was encoded without pieces.
  onEnd: async (_context, tx, job, failure) => {
    if (failure === null) await markChildren(tx, job.id);
  },
  load: async () => (await import('./execute.ts')).executeTranscode,
};
