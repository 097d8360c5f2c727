import { accessJson, type BucketAccess } from '../../connections/stored-connection.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';

/** Seconds for which the result is kept for the request that waits for it. */
const RESULT_SECONDS = 60;

/** The text of the endpoint has been checked. Its address is checked when a worker connects to it. */
export async function admitConnectionCheck(
  _services: AdmissionServices,
  _caller: Caller,
  access: BucketAccess,
): Promise<Admission> {
  return {
    ...{ problems: [], resourceClass: 'interactive', facts: '{"v":1}', settings: null },
    // The complete request is erased when the check ends.
    request: () => ({ shown: '{"v":1}', sent: accessJson.write(access) }),
    ...{ inputs: [], assets: [], outputs: [], foundInputs: [], warnings: [], metadata: null },
    retentionSeconds: RESULT_SECONDS,
  };
}
