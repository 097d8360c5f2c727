import { errorBody } from '../../contract/common.ts';
import { securityAnswer } from '../../contract/security.ts';
import { readSecurity } from '../../fleet/security.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

/** Registers the route that reports the protection against hostile files to clients whose key has the scope `read`. */
export function registerSecurity(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/security',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getSecurity',
        tags: ['health'],
        summary: 'Get the state of the sandbox and the FFmpeg build',
        description:
          'Returns the last self-test of the sandbox of each worker, and whether FFmpeg has a newer security update.',
        response: { 200: securityAnswer, '4xx': errorBody },
      },
    },
    async () => ({ ...(await readSecurity(deps.context.db)), retention_seconds: deps.context.retentionSeconds }),
  );
}
