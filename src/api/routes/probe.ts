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
          'Returns the format and streams of a file. Airlock fetches only parts of a remote file, such as the index of an MP4 or the start of other files, and keeps nothing. For an upload or output of your account, it returns the known properties.',
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
