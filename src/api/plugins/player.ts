import { join } from 'node:path';
import { projectRoot } from '../../config/root.ts';
import { ApiError } from '../../contract/errors.ts';
import { openDocumentFolder, sendDocument } from '../documents.ts';
import { PLAYBACK_PATH } from '../routes/playback.ts';
import type { App } from '../types.ts';

/**
 * Serves the page that plays an output, from `dist/web`. The page is the same for every token: its script requests the
 * playlist, and shows when that has expired. Its files are among the assets of the dashboard.
 * @param storageOrigin where the segments are
 */
export function registerPlayer(app: App, { storageOrigin }: { storageOrigin: string }): void {
  const folder = openDocumentFolder(join(projectRoot(), 'dist', 'web'));
  const policy = contentPolicy(storageOrigin);
  app.get(
    `${PLAYBACK_PATH}/:token`,
    { config: { scope: 'open', kind: 'document' }, schema: { hide: true } },
    async (request, reply) => {
      const document = await folder.read('player.html');
      if (!document) throw new ApiError('not_found');
      reply
        .headers({ 'content-security-policy': policy, 'x-frame-options': 'DENY', 'cache-control': 'no-cache' })
        .header('permissions-policy', 'camera=(), geolocation=(), microphone=(), payment=()')
        .type('text/html; charset=utf-8');
      return sendDocument(request, reply, document);
    },
  );
}

/** Nothing but the own files and the storage. Players give the video a `blob:` URL, into which they write segments. */
function contentPolicy(storage: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `connect-src 'self' ${storage}`,
    `img-src 'self' ${storage}`,
    `media-src 'self' blob: ${storage}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join('; ');
}
