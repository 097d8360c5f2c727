import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { ApiSettings } from '../deps.ts';
import { describeErrors } from '../openapi/errors.ts';
import { addExamples } from '../openapi/examples.ts';
import { describeHeaders } from '../openapi/headers.ts';
import { mergeTwins } from '../openapi/schemas.ts';
import type { Document } from '../openapi/types.ts';
import type { App } from '../types.ts';

const TAGS = [
  { name: 'health', description: 'Whether the service works, and how safe it is.' },
  { name: 'uploads', description: 'Files on their way in.' },
  { name: 'transcodes', description: 'Jobs.' },
  { name: 'events', description: 'What happened, in an order that never changes.' },
  { name: 'receipts', description: 'Signed statements that anyone can verify.' },
  { name: 'keys', description: 'Keys of an account.' },
];

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
      servers: [{ url: settings.publicUrl ?? '/', description: 'This server.' }],
      tags: TAGS,
      components: { securitySchemes: { key: { type: 'http', scheme: 'bearer', bearerFormat: 'al_live_…' } } },
      security: [{ key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: (input) => finish(jsonSchemaTransformObject(input)),
  });
  // The documents are open: they are the same for everybody.
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, scope: 'open' };
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // No validator: it would send the document's address to a third party.
    uiConfig: { docExpansion: 'list', deepLinking: true, tryItOutEnabled: false, validatorUrl: null },
  });
  app.get('/openapi.json', { config: { scope: 'open' }, schema: { hide: true } }, async () => app.swagger());
}

/** What the schemas cannot say: one name for each thing, every error, headers, examples. */
function finish<T>(generated: T): T {
  const document = generated as Document;
  mergeTwins(document);
  addExamples(document);
  describeErrors(document);
  describeHeaders(document);
  return generated;
}
