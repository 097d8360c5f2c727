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

/** Nothing from other hosts; replaces the policy of the package, which allows fonts, styles and pictures of any. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * Serves the OpenAPI document as pages below `prefix`, where requests can be tried. They come from an application of their
 * own that the first request loads: most processes never show them, and their packages would take a tenth of the start and
 * 6 MB of every API.
 */
export function registerApiReference(app: App, prefix: string): void {
  let opening: Promise<FastifyInstance> | null = null;
  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    opening ??= openPages(app.swagger(), prefix).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    const pages = await opening;
    const { statusCode, headers, rawPayload } = await pages.inject({ method: 'GET', url: request.url });
    for (const [name, value] of Object.entries(headers)) {
      if (!OWN_HEADERS.has(name) && value !== undefined) reply.header(name, value);
    }
    return reply.status(statusCode).header('content-security-policy', POLICY).send(rawPayload);
  };
  app.get(prefix, OPEN, show);
  app.get(`${prefix}/*`, OPEN, show);
  app.addHook('onClose', async () => (await opening)?.close());
}

async function openPages(document: object, routePrefix: string): Promise<FastifyInstance> {
  const { default: swaggerUi } = await import('@fastify/swagger-ui');
  const pages = Fastify({ routerOptions: { ignoreTrailingSlash: true } });
  await pages.register(swagger, { mode: 'static', specification: { document: document as never } });
  await pages.register(swaggerUi, {
    routePrefix,
    theme: { title: 'API reference · Airlock' },
    // No validator badge: it would send the document's address to a third party.
    uiConfig: {
      layout: 'BaseLayout',
      docExpansion: 'list',
      deepLinking: true,
      tryItOutEnabled: false,
      validatorUrl: null,
    },
  });
  return pages;
}
