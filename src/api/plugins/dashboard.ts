import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { projectRoot } from '../../config/root.ts';
import { ApiError } from '../../contract/errors.ts';
import { readStatic } from '../static-files.ts';
import type { App } from '../types.ts';

const OPEN = { config: { scope: 'open' }, schema: { hide: true } } as const;

/** Addresses of the dashboard. Each answers with the same document, whose script shows the page. */
const PAGES = [
  ...['/', '/sign-in', '/setup', '/new', '/jobs', '/jobs/:id', '/keys', '/webhooks', '/webhooks/:id', '/usage'],
  ...['/operator', '/operator/:page'],
];

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

/** The name of a built file has a hash in it, so that its contents never change. No slash: it cannot leave its folder. */
const ASSET = /^[\w-]+-[\w-]{8}\.(js|css|svg)$/;

/**
 * Serves the dashboard from `dist/web`: a page with a strict content security policy, and its files. They are read for
 * each request, because the next build replaces the page while this process runs and keeps the files of earlier ones.
 * @param storageOrigin where signed URLs lead: the page may upload there, and show what comes from there
 */
export function registerDashboard(app: App, { storageOrigin }: { storageOrigin: string }): void {
  const folder = join(projectRoot(), 'dist', 'web');
  const policy = contentPolicy(storageOrigin);
  const page = async (_request: FastifyRequest, reply: FastifyReply) => {
    const document = await readFile(join(folder, 'index.html'));
    return reply
      .headers({ 'content-security-policy': policy, 'x-frame-options': 'DENY', 'cache-control': 'no-cache' })
      .header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()')
      .type('text/html; charset=utf-8')
      .send(document);
  };
  for (const path of PAGES) app.get(path, OPEN, page);

  app.get('/assets/:name', OPEN, async (request, reply) => {
    const { name } = request.params as { name: string };
    const type = TYPES[ASSET.exec(name)?.[1] ?? ''];
    const path = join(folder, 'assets', name);
    const found = type && (await readStatic(path, request.headers['accept-encoding']));
    if (!found) throw new ApiError('not_found');
    if (found.encoding) reply.header('content-encoding', found.encoding);
    return reply
      .headers({ 'cache-control': 'public, max-age=31536000, immutable', vary: 'accept-encoding' })
      .type(type)
      .send(found.bytes);
  });
}

/** Nothing but the own files, and the storage. No inline script or style, no frame, no form that leaves the page. */
function contentPolicy(storage: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ${storage}`,
    `img-src 'self' ${storage}`,
    `media-src 'self' ${storage}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}
