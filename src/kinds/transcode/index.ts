import * as z from 'zod';
import { markChildren } from '../../jobs/discard-children.ts';
import type { Kind } from '../kind.ts';
import { admitTranscode, type TranscodeSubmission } from './admit.ts';
import { shown } from './shown.ts';

const v = z.literal(1);

/** Transcodes media into one file, with FFmpeg in a cell. */
export const transcode: Omit<Kind<TranscodeSubmission>, 'shown'> & { shown: typeof shown } = {
  name: 'transcode',
  events: {
    prefix: 'transcode',
    own: {
      output_delivered: z.object({ v, position: z.number(), format: z.string() }),
      delivery_failed: z.object({ v, position: z.number(), format: z.string(), error_code: z.string() }),
    },
  },
  shown,
  admit: admitTranscode,
  // If a job in pieces failed, its pieces have already been deleted, because it was then encoded without pieces.
  onEnd: async (_context, tx, job, failure) => {
    if (failure === null) await markChildren(tx, job.id);
  },
  load: async () => (await import('./execute.ts')).executeTranscode,
};
