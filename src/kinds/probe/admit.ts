import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import { locateInRequest, rejectedUrl, sourceError } from '../problems.ts';

export interface ProbeSubmission {
  url: string;
}

/** Seconds for which the result is kept for the request that waits for it. */
const RESULT_SECONDS = 60;

/** Checks the form of the URL; its address is checked when it is fetched. */
export async function admitProbe(
  { checkSourceUrl }: AdmissionServices,
  _caller: Caller,
  { url }: ProbeSubmission,
): Promise<Admission> {
  const source = { url, field: 'url' };
  const reason = rejectedUrl(checkSourceUrl, source);
  return {
    problems: reason === null ? [] : [sourceError(source, reason, locateInRequest)],
    resourceClass: 'interactive',
    ...{ request: null, facts: '{"v":1}', settings: null },
    ...{ inputs: [source], assets: [], outputs: [], warnings: [], metadata: null },
    retentionSeconds: RESULT_SECONDS,
  };
}
