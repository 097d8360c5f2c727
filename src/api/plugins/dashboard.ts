import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { projectRoot } from '../../config/root.ts';
import { ApiError } from '../../contract/errors.ts';
import { openDocumentFolder, sendDocument } from '../documents.ts';
import type { App } from '../types.ts';
import { pagePolicy, sendPage } from './pages.ts';

const OPEN = { config: { scope: 'open', kind: 'document' }, schema: { hide: true } } as const;

/** Addresses of the dashboard. All of them return the same document, whose script shows the page. */
const PAGES = [
  ...[
    '/',
    '/sign-in',
    '/setup',
    '/new',
    '/jobs',
    '/jobs/:id',
    '/jobs/:path/:id',
    '/jobs/blueprints/runs/:id',
    '/blueprints',
    '/blueprints/:slug',
    '/templates',
    '/templates/:name',
    '/keys',
    '/connections',
    '/webhooks',
    '/webhooks/:id',
    '/usage',
  ],
  ...['/operator', '/operator/:page'],
];

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  jpg: 'image/jpeg',
};

/**
 * Pattern for names of built files. They contain a hash, so the contents never change. They contain no slash, so they cannot refer to files
 * outside the folder.
 */
const ASSET = /^[\w-][\w.-]*-[\w-]{8}\.(js|css|svg|jpg)$/;

/** The icon of the dashboard. Browsers request `/favicon.ico` for pages without an icon, such as the consent page. */
const ICON = /href="\/(assets\/icon-[\w-]+\.svg)"/;

/**
 * Serves the dashboard from `dist/web`: a page with a strict content security policy, and its files. A later build may replace the page
 * while this process runs, and keeps the files of earlier builds.
 * @param storageOrigin the origin of signed URLs. The page may upload to it, and show files from it.
 */
export function registerDashboard(app: App, { storageOrigin }: { storageOrigin: string }): void {
  const folder = openDocumentFolder(join(projectRoot(), 'dist', 'web'));
  const policy = pagePolicy(storageOrigin);
  const page = async (request: FastifyRequest, reply: FastifyReply) => {
    const document = await folder.read('index.html');
    if (!document) throw new ApiError('not_found');
    return sendPage(request, reply, document, policy);
  };
  for (const path of PAGES) app.get(path, OPEN, page);

  app.get('/assets/:name', OPEN, async (request, reply) => {
    const { name } = request.params as { name: string };
    const type = TYPES[ASSET.exec(name)?.[1] ?? ''];
    const document = type && (await folder.read(`assets/${name}`));
    if (!document) throw new ApiError('not_found');
    reply.header('cache-control', 'public, max-age=31536000, immutable').type(type);
    return sendDocument(request, reply, document);
  });

  app.get('/favicon.ico', OPEN, async (request, reply) => {
    const index = await folder.read('index.html');
    const name = ICON.exec(index?.bytes.toString() ?? '')?.[1];
    const icon = name && (await folder.read(name));
    if (!icon) throw new ApiError('not_found');
    return sendDocument(request, reply.header('cache-control', 'public, max-age=86400').type('image/svg+xml'), icon);
  });
}
