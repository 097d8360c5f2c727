import { errorBody } from '../../contract/common.ts';
import { probeAnswer, probeBody } from '../../contract/probe.ts';
import type { RouteDeps } from '../deps.ts';
import { probeSource } from '../probe-source.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

export function registerProbe(app: App, deps: RouteDeps): void {
  app.post(
    '/v1/probe',
    {
      config: { scope: 'transcode', own: 'query' },
      schema: {
        operationId: 'probeFile',
        tags: ['probe'],
        summary: 'Describe a file without transcoding it',
        description:
          'Airlock fetches only parts of a remote file: the index of an MP4, the start of other files. Nothing is kept. An upload or output of the account is described from what is known about it.',
        body: probeBody,
        response: { 200: probeAnswer, '4xx': errorBody },
      },
    },
    async (request) => {
      const warnings = unknownFields(probeBody, request.sentBody);
      return { ...(await probeSource(deps, request)), ...(warnings.length > 0 && { warnings }) };
    },
  );
}
