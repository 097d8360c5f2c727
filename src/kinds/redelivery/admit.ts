import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import { type RedeliveryRequest, requestJson } from './request.ts';

/** Seconds for which the row is kept. The outputs contain the result. */
const RESULT_SECONDS = 60;

export interface RedeliverySubmission extends RedeliveryRequest {
  /** The final job whose outputs are delivered. */
  jobId: string;
}

/** The outputs and their destinations have already been checked. */
export async function admitRedelivery(
  _services: AdmissionServices,
  _caller: Caller,
  { jobId, deliveries }: RedeliverySubmission,
): Promise<Admission> {
  return {
    ...{ parentId: jobId, problems: [], resourceClass: 'light', facts: '{"v":1}', settings: null },
    request: () => ({ shown: '{"v":1}', sent: requestJson.write({ deliveries }) }),
    ...{ inputs: [], assets: [], outputs: [], foundInputs: [], warnings: [], metadata: null },
    retentionSeconds: RESULT_SECONDS,
  };
}
