import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ApiSettings } from '../deps.ts';
import type { App } from '../types.ts';
import { describeHeaders } from './openapi-headers.ts';

/** `/openapi.json` (3.1), generated from the schemas that validate, and `/docs`, which shows it. */
export async function registerOpenapi(app: App, settings: ApiSettings): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Airlock',
        version: settings.version,
        description:
          'A secure video transcoding API that you run yourself. Errors are `{error, message, code, details}`; `code` is stable.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      ...(settings.publicUrl && { servers: [{ url: settings.publicUrl }] }),
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', bearerFormat: 'al_live_…' } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (input) => describeHeaders(jsonSchemaTransformObject(input)),
  });
  // The documents are open: they are the same for everybody.
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, scope: 'open' };
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // No validator: it would send the document's address to somebody else's server.
    uiConfig: { docExpansion: 'list', deepLinking: true, tryItOutEnabled: false, validatorUrl: null },
  });
  app.get('/openapi.json', { config: { scope: 'open' }, schema: { hide: true } }, async () => app.swagger());
}
