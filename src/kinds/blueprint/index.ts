import * as z from 'zod';
import { blueprints } from '../../blueprints/catalogue.ts';
import { RUN_STEPS } from '../../contract/blueprints.ts';
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
  load: async () => (await import('./execute.ts')).executeRun,
};
