import { errorBody } from '../../contract/common.ts';
import { securityAnswer } from '../../contract/security.ts';
import { readSecurity } from '../../fleet/security.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

/** What protects the machine from uploaded files, for clients whose key may read. */
export function registerSecurity(app: App, deps: ApiDeps): void {
  app.get(
    '/v1/security',
    {
      config: { scope: 'read' },
      schema: {
        operationId: 'getSecurity',
        tags: ['health'],
        summary: 'How FFmpeg is confined, and which build runs',
        response: { 200: securityAnswer, '4xx': errorBody },
      },
    },
    async () => readSecurity(deps.context.db),
  );
}
