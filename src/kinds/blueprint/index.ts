import * as z from 'zod';
import { blueprints } from '../../blueprints/catalogue.ts';
import { RUN_STEPS } from '../../contract/blueprints.ts';
import { markChildren } from '../../jobs/discard-children.ts';
import type { Kind } from '../kind.ts';
import { admitRun, type RunSubmission } from './admit.ts';
import { capabilityOf } from './capability.ts';
import { shown } from './shown.ts';

const v = z.literal(1);

/** The kind of the runs of blueprints. A run plans its outputs, and creates a child job for each output. */
export const blueprint: Omit<Kind<RunSubmission>, 'shown'> & { shown: typeof shown } = {
  name: 'blueprint',
  events: {
    prefix: 'blueprint',
    own: { step: z.object({ v, step: z.enum(RUN_STEPS) }), awaiting_review: z.object({ v }) },
  },
  shown,
  admit: admitRun,
  capabilities: [...blueprints.keys()].map(capabilityOf),
  // If `failure` is neither null nor an expired review, the failed attempt has already discarded the children.
  onEnd: async (_context, tx, job, failure) => {
    if (failure === null || failure.code === 'review_expired') await markChildren(tx, job.id);
  },
  load: async () => (await import('./execute.ts')).executeRun,
};
