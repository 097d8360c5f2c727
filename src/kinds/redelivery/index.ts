import { endRedelivery } from '../../jobs/redelivery.ts';
import type { Kind } from '../kind.ts';
import { admitRedelivery, type RedeliverySubmission } from './admit.ts';

/** The kind of the jobs that deliver outputs of a final job again. */
export const redelivery: Kind<RedeliverySubmission> = {
  name: 'redelivery',
  events: null,
  shown: null,
  admit: admitRedelivery,
  onEnd: endRedelivery,
  load: async () => (await import('./execute.ts')).executeRedelivery,
};
