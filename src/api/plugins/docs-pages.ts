import { extname, join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { projectRoot } from '../../config/root.ts';
import { ApiError } from '../../contract/errors.ts';
import { createDocument, type Document, openDocumentFolder, sendDocument } from '../documents.ts';
import type { App } from '../types.ts';
import { registerApiReference } from './api-reference.ts';

const OPEN = { config: { scope: 'open', kind: 'document' }, schema: { hide: true } } as const;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
};
const PLAIN = 'text/plain; charset=utf-8';

/** Pattern for names of built files. No part begins with a dot, so that no name refers to a file outside the folder. */
const NAME = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/;

/** Allows only files of this server: no inline script or style, no frame, no form, no other host. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** Pattern for paths of the API reference in releases that served the reference at `/docs`. */
const MOVED = /^(static(\/|$)|json$|yaml$)/;

/**
 * Serves the documentation that scripts/docs/site has built into `dist/docs`, the API reference below it, and the texts for language
 * models.
 */
export function registerDocsPages(app: App, { publicUrl }: { publicUrl: string | null }): void {
  const folder = openDocumentFolder(join(projectRoot(), 'dist', 'docs'));

  registerApiReference(app, '/docs/api/reference');
  app.get('/docs', OPEN, async (request, reply) => sendPage(request, reply, 'index.html'));
  app.get('/docs/*', OPEN, async (request, reply) => {
    const name = (request.params as { '*': string })['*'].replace(/\/$/, '');
    if (MOVED.test(name)) return reply.redirect(`/docs/api/reference/${name}`, 301);
    if (!NAME.test(name)) return sendMissing(request, reply);
    return sendPage(request, reply, extname(name) === '' && !/^[A-Z]+$/.test(name) ? `${name}.html` : name);
  });
  const linked = new WeakMap<Document, Promise<Document>>();
  for (const name of ['llms.txt', 'llms-full.txt']) {
    app.get(`/${name}`, OPEN, async (request, reply) => {
      const found = await folder.read(name);
      if (!found) throw new ApiError('not_found');
      const complete = linked.get(found) ?? createDocument(withOrigin(found, publicUrl));
      linked.set(found, complete);
      return sendDocument(request, reply.header('cache-control', 'no-cache').type(PLAIN), await complete);
    });
  }

  async function sendPage(request: FastifyRequest, reply: FastifyReply, name: string) {
    const found = await folder.read(name);
    return found ? sendDocument(request, withHeaders(reply, name), found) : sendMissing(request, reply);
  }

  /** Sends a page to people, and the error of the API to programs. */
  async function sendMissing(request: FastifyRequest, reply: FastifyReply) {
    const asked = String(request.headers.accept ?? '').includes('text/html');
    const found = asked ? await folder.read('404.html') : null;
    if (!found) throw new ApiError('not_found');
    delete request.headers['if-none-match'];
    return sendDocument(request, withHeaders(reply.status(404), '404.html'), found);
  }
}

/** Returns the text of a document with absolute links, because language models need them. */
function withOrigin({ bytes }: Document, publicUrl: string | null): string {
  return bytes.toString().replaceAll('](/', `](${publicUrl ?? ''}/`);
}

function withHeaders(reply: FastifyReply, name: string): FastifyReply {
  const ending = extname(name);
  if (ending === '.html') reply.headers({ 'content-security-policy': POLICY, 'x-frame-options': 'DENY' });
  // The names of assets change with their contents.
  const kept = name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  return reply.header('cache-control', kept).type(TYPES[ending] ?? PLAIN);
}
