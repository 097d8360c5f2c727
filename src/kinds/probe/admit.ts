import { isS3Url } from '../../contract/connections.ts';
import { S3_SOURCES } from '../../jobs/capabilities.ts';
import { missingConnections } from '../connection-sources.ts';
import type { Admission, AdmissionServices, Caller } from '../kind.ts';
import { locateInRequest, rejectedUrl, sourceError } from '../problems.ts';

export interface ProbeSubmission {
  url: string;
}

/** Number of seconds for which the result is kept for the request that waits for it. */
const RESULT_SECONDS = 60;

/** Admits a probe. Checks the form of the URL. The worker checks the address when it connects. */
export async function admitProbe(
  services: AdmissionServices,
  caller: Caller,
  { url }: ProbeSubmission,
): Promise<Admission> {
  const source = { url, field: 'url' };
  const reason = rejectedUrl(services.checkSourceUrl, source);
  return {
    problems:
      reason === null
        ? await missingConnections(services, caller, [source])
        : [sourceError(source, reason, locateInRequest)],
    resourceClass: 'interactive',
    ...{ request: null, facts: '{"v":1}', settings: null },
    ...{ inputs: [source], assets: [], outputs: [], warnings: [], metadata: null },
    needs: isS3Url(url) ? [S3_SOURCES] : [],
    retentionSeconds: RESULT_SECONDS,
  };
}
