import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import { type RedeliveryRequest, requestJson } from './request.ts';

/** Number of seconds for which the row of the job is kept. The rows of the outputs contain the result. */
const RESULT_SECONDS = 60;

export interface RedeliverySubmission extends RedeliveryRequest {
  /** The final job whose outputs are delivered. */
  jobId: string;
}

/** Admits a redelivery. The caller has checked the outputs and their destinations. */
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
