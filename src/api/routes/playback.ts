import type { FastifyReply } from 'fastify';
import { errorBody, idParams } from '../../contract/common.ts';
import { playbackAnswer, playbackBody } from '../../contract/playback.ts';
import type { Vault } from '../../crypto/vault.ts';
import {
  createPlayback,
  MANIFESTS,
  openPlayedFile,
  type Playback,
  readPlaybackToken,
  THUMBNAILS_TRACK,
} from '../../jobs/playback.ts';
import { callerOf } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { publicOrigin } from '../public-origin.ts';
import type { App } from '../types.ts';
import { unknownFields } from '../warnings.ts';

const KIND = 'transcode';

/** Base path of the files of an output for players: `/playback/<token>/<path of the file>`. */
export const PLAYBACK_PATH = '/playback';

/** Whether the path begins with a token of this server, which may have expired. */
export function isPlayback(vault: Vault, url: string): boolean {
  if (!url.startsWith(`${PLAYBACK_PATH}/`)) return false;
  const [token] = url.slice(PLAYBACK_PATH.length + 1).split(/[/?]/, 1);
  return readPlaybackToken(vault, token!) !== null;
}

/** Registers the playback of ladders: the operation that signs playback URLs, and the routes of these URLs, which need no key. */
export function registerPlayback(app: App, deps: ApiDeps): void {
  registerCreatePlayback(app, deps);
  registerPlayedFiles(app, deps);
}

function registerCreatePlayback(app: App, deps: ApiDeps): void {
  app.post(
    '/v1/transcodes/:id/playback',
    {
      config: { scope: 'read', own: 'job' },
      schema: {
        operationId: 'createPlayback',
        tags: ['transcodes'],
        summary: 'Get URLs that play a ladder',
        description:
          'Returns URLs for video players, and the URL of a page with a player. The URLs need no key, and work on every site. They expire after `expires_in` seconds, or when Airlock deletes the output.',
        params: idParams,
        body: playbackBody.nullish(),
        response: { 201: playbackAnswer, '4xx': errorBody, 500: errorBody },
      },
    },
    async (request, reply) => {
      const { account } = callerOf(request);
      const { output, expires_in: seconds } = request.body ?? playbackBody.parse({});
      const job = { id: request.params.id, account_id: account.id, kind: KIND };
      const playback = await createPlayback(deps.context, job, { output, seconds });
      const warnings = unknownFields(playbackBody, request.sentBody);
      reply.code(201).header('cache-control', 'no-store');
      return {
        ...urlsOf(`${publicOrigin(deps.settings, request)}${PLAYBACK_PATH}/${playback.token}`, playback),
        expires_at: playback.expiresAt.toISOString(),
        ...(warnings.length > 0 && { warnings }),
      };
    },
  );
}

/** Returns the URLs of a playback. `page` is the URL of its page. */
function urlsOf(page: string, { hasHls, hasDash, hasThumbnails }: Playback) {
  const [hls, dash] = [hasHls ? `${page}/${MANIFESTS.hls}` : null, hasDash ? `${page}/${MANIFESTS.dash}` : null];
  // The fragment tells the page which files exist. Browsers don't send fragments to servers.
  const hints = [...(hls ? [] : ['dash']), ...(hasThumbnails ? ['thumbnails'] : [])].join('&');
  return {
    // A ladder has a playlist for HLS, a manifest for DASH, or both.
    url: (hls ?? dash)!,
    hls_url: hls,
    dash_url: dash,
    thumbnails_track: hasThumbnails ? `${page}/${THUMBNAILS_TRACK}` : null,
    page_url: hints === '' ? page : `${page}#${hints}`,
  };
}

function registerPlayedFiles(app: App, { context }: ApiDeps): void {
  app.get(
    `${PLAYBACK_PATH}/:token/*`,
    {
      config: { scope: 'open', everySite: true },
      // Hidden from the documentation: clients get these URLs from `createPlayback`, and players follow the playlists.
      schema: { hide: true },
      // Also applies to errors, because a player on another site reads their status.
      onRequest: async (_request, reply) => allowEverySite(reply),
    },
    async (request, reply) => {
      const { token, '*': path } = request.params as { token: string; '*': string };
      const file = await openPlayedFile(context, token, path);
      reply.header('cache-control', 'no-store');
      return 'url' in file ? reply.redirect(file.url, 302) : reply.type(file.contentType).send(file.bytes);
    },
  );
}

/** Allows players on the sites of customers. The token is in the path, so neither a cookie nor a key is needed or sent. */
function allowEverySite(reply: FastifyReply): void {
  reply.header('access-control-allow-origin', '*').header('cross-origin-resource-policy', 'cross-origin');
}
