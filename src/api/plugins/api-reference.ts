import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { createDocument, type Document, sendDocument } from '../documents.ts';
import type { App } from '../types.ts';

const OPEN = { config: { scope: 'open', kind: 'document' }, schema: { hide: true } } as const;

/** Allows only files of this server. Replaces the policy of the package, which allows fonts, styles and pictures from any host. */
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

interface ReferencePage {
  document: Document;
  type: string;
}

/**
 * Serves the OpenAPI document as pages below `prefix`, from which readers can send requests. A separate application renders the pages, and
 * the first request loads it. Most processes never show the pages, whose packages would cost a tenth of the start-up time and 6 MB in every
 * API process. Each page is rendered once.
 */
export function registerApiReference(app: App, prefix: string): void {
  let opening: Promise<FastifyInstance> | null = null;
  const made = new Map<string, Promise<ReferencePage | null>>();

  async function makePage(path: string): Promise<ReferencePage | null> {
    opening ??= openPages(app.swagger(), prefix).catch((error: unknown) => {
      opening = null;
      throw error;
    });
    const { statusCode, headers, rawPayload } = await (await opening).inject({ method: 'GET', url: path });
    if (statusCode !== 200) return null;
    return { document: await createDocument(rawPayload), type: String(headers['content-type']) };
  }

  /** Returns a page, or null if it does not exist. Caches only pages that exist. */
  function pageOf(path: string): Promise<ReferencePage | null> {
    const making = made.get(path) ?? makePage(path);
    made.set(path, making);
    making.then(
      (page) => page ?? made.delete(path),
      () => made.delete(path),
    );
    return making;
  }

  const show = async (request: FastifyRequest, reply: FastifyReply) => {
    const page = await pageOf(request.url.split('?', 1)[0]!.replace(/\/$/, ''));
    if (!page) throw new ApiError('not_found');
    reply.headers({ 'content-security-policy': POLICY, 'x-frame-options': 'DENY', 'cache-control': 'no-cache' });
    return sendDocument(request, reply.type(page.type), page.document);
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
    // Disables the validator badge, because it would send the document's address to a third party.
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
