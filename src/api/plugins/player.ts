import { join } from 'node:path';
import { projectRoot } from '../../config/root.ts';
import { ApiError } from '../../contract/errors.ts';
import { openDocumentFolder } from '../documents.ts';
import { PLAYBACK_PATH } from '../routes/playback.ts';
import type { App } from '../types.ts';
import { pagePolicy, sendPage } from './pages.ts';

/**
 * Serves the page that plays an output, from `dist/web`. The page is the same for every token. Its script requests the playlist, and shows
 * when the playback has expired. Its files are among the assets of the dashboard.
 * @param storageOrigin the origin of the segments
 */
export function registerPlayer(app: App, { storageOrigin }: { storageOrigin: string }): void {
  const folder = openDocumentFolder(join(projectRoot(), 'dist', 'web'));
  // Players give a video a `blob:` URL, to which they append segments, and captions an empty track with a `data:` URL.
  const policy = pagePolicy(storageOrigin, ['blob:', 'data:']);
  app.get(
    `${PLAYBACK_PATH}/:token`,
    { config: { scope: 'open', kind: 'document' }, schema: { hide: true } },
    async (request, reply) => {
      const document = await folder.read('player.html');
      if (!document) throw new ApiError('not_found');
      return sendPage(request, reply, document, policy);
    },
  );
}
