import { DELIVERY_KIND, endDelivery } from '../../jobs/deliveries.ts';
import type { Kind } from '../kind.ts';
import { admitDelivery, type DeliverySubmission } from './admit.ts';

/** The kind of the jobs that deliver outputs of another job to their destinations. */
export const delivery: Kind<DeliverySubmission> = {
  name: DELIVERY_KIND,
  events: null,
  shown: null,
  admit: admitDelivery,
  onEnd: endDelivery,
  load: async () => (await import('./execute.ts')).executeDelivery,
};

/** The name of the same kind in the previous release, whose API may run during an update. */
export const earlierDelivery: Kind<DeliverySubmission> = { ...delivery, name: 'redelivery' };
