import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { App } from '../types.ts';

const OPEN = { config: { scope: 'open' }, schema: { hide: true } } as const;
/** Headers of an answer that are of the connection, or that sending it again sets. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
]);

/**
 * Serves `/docs`, which renders the OpenAPI document, by an application of its own that the first request loads: most
 * processes never show a page, and its packages would take a tenth of the start and 6 MB of every API.
 */
export function registerDocsPages(app: App): void {
  let opening: Promise<FastifyInstance> | null = null;
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    opening ??= openPages(app.swagger()).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    const pages = await opening;
    const { statusCode, headers, rawPayload } = await pages.inject({ method: 'GET', url: request.url });
    for (const [name, value] of Object.entries(headers)) {
      if (!OWN_HEADERS.has(name) && value !== undefined) reply.header(name, value);
    }
    return reply.status(statusCode).send(rawPayload);
  };
  app.get('/docs', OPEN, show);
  app.get('/docs/*', OPEN, show);
  app.addHook('onClose', async () => (await opening)?.close());
}

async function openPages(document: object): Promise<FastifyInstance> {
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  const pages = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  await pages.register(swagger, { mode: 'static', specification: { document: document as never } });
  await pages.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // No validator badge: it would send the document's address to a third party.
    uiConfig: { docExpansion: 'list', deepLinking: true, tryItOutEnabled: false, validatorUrl: null },
  });
  return pages;
}
