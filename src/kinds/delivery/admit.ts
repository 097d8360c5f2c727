import { CHILD_SECONDS } from '../../jobs/children.ts';
import { type DeliveryRequest, deliveryRequestJson } from '../../jobs/delivery.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';

export interface DeliverySubmission extends DeliveryRequest {
  /** The final job whose outputs are delivered. */
  jobId: string;
}

/** Admits a delivery that a client requests. The caller has checked the outputs and their destinations. */
export async function admitDelivery(
  _services: AdmissionServices,
  _caller: Caller,
  { jobId, deliveries }: DeliverySubmission,
): Promise<Admission> {
  return {
    parentId: jobId,
    problems: [],
    resourceClass: 'interactive',
    facts: '{"v":1}',
    settings: null,
    request: () => ({ shown: '{"v":1}', sent: deliveryRequestJson.write({ deliveries }) }),
    inputs: [],
    assets: [],
    outputs: [],
    foundInputs: [],
    warnings: [],
    metadata: null,
    retentionSeconds: CHILD_SECONDS,
  };
}
