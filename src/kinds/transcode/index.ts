import * as z from 'zod';
import type { Kind } from '../kind.ts';
import { admitTranscode, type TranscodeSubmission } from './admit.ts';
import { shown } from './shown.ts';

const v = z.literal(1);

/** The kind of the jobs that transcode media into one or more outputs, with FFmpeg in a cell. */
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
  load: async () => (await import('./execute.ts')).executeTranscode,
};
