import { accessJson, type BucketAccess } from '../../connections/stored-connection.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';

/** Number of seconds for which the result is kept for the request that waits for it. */
const RESULT_SECONDS = 60;

/** Admits a check. The caller has checked the form of the endpoint. The worker checks the address of the endpoint when it connects. */
export async function admitConnectionCheck(
  _services: AdmissionServices,
  _caller: Caller,
  access: BucketAccess,
): Promise<Admission> {
  return {
    ...{ problems: [], resourceClass: 'interactive', facts: '{"v":1}', settings: null },
    // `sent` contains the secret of the access key. The stored request is erased when the check ends.
    request: () => ({ shown: '{"v":1}', sent: accessJson.write(access) }),
    ...{ inputs: [], assets: [], outputs: [], foundInputs: [], warnings: [], metadata: null },
    retentionSeconds: RESULT_SECONDS,
  };
}
