import { ApiError } from '../../contract/errors.ts';
import type { Scope } from '../../contract/keys.ts';
import type { App } from '../types.ts';

/** Paths of the API that this release does not implement, by feature. */
const NOT_YET: Readonly<Record<string, readonly [methods: string, path: string, scope: Scope | 'open'][]>> = {
  Transcription: [
    ['POST', '/v1/transcribe', 'transcode'],
    ['GET', '/v1/transcribes', 'read'],
    ['GET', '/v1/transcribe/:id', 'read'],
    ['DELETE', '/v1/transcribe/:id', 'transcode'],
    ['GET', '/v1/transcribe/:id/download', 'read'],
    ['GET', '/v1/transcribe/:id/events', 'read'],
    ['PATCH', '/v1/transcribe/:id/cancel', 'transcode'],
  ],
  'The catalogue of blueprints': [['GET', '/v1/blueprints', 'read']],
  'Running blueprints': [
    ['POST', '/v1/blueprints/:slug/runs', 'transcode'],
    ['GET', '/v1/blueprints/runs/:id', 'read'],
    ['GET', '/v1/blueprints/runs/:id/events', 'read'],
    ['POST', '/v1/blueprints/runs/:id/continue', 'transcode'],
  ],
  Playback: [['POST', '/v1/transcodes/:id/playback', 'read']],
  'Keeping templates': [
    ['GET', '/v1/templates', 'read'],
    ['POST', '/v1/templates', 'transcode'],
    // The names of built-in templates contain a slash.
    ['GET', '/v1/templates/*', 'read'],
    ['PUT DELETE', '/v1/templates/*', 'transcode'],
  ],
};

/** Answers 501 for these paths, after checking the key and before reading a body. A 404 would suggest a wrong id. */
export function registerNotYet(app: App): void {
  for (const [what, paths] of Object.entries(NOT_YET)) {
    const refuse = async () => {
      throw new ApiError('not_implemented', null, { what });
    };
    for (const [methods, url, scope] of paths) {
      app.route({
        method: methods.split(' '),
        url,
        config: { scope },
        schema: { hide: true },
        onRequest: refuse,
        handler: refuse,
      });
    }
  }
}
