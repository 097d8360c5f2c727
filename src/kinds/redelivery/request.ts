import * as z from 'zod';
import { storedJson } from '../../database/stored-json.ts';
import { deliveryTarget } from '../../jobs/delivery.ts';

/** The outputs to deliver. The stored request contains secrets, so it is sealed, and erased when the job ends. */
const redeliveryRequest = z.object({
  deliveries: z.array(z.object({ output_id: z.string(), target: deliveryTarget })),
});
export type RedeliveryRequest = z.infer<typeof redeliveryRequest>;
export const requestJson = storedJson('request of a redelivery', 1, redeliveryRequest);
