import * as z from 'zod';
import { errorBody } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import type { Scope } from '../../contract/keys.ts';
import type { App } from '../types.ts';

/** Paths of the API that this release does not implement, by feature. */
const NOT_YET: Readonly<
  Record<string, readonly [method: string, path: string, scope: Scope | 'open', operationId: string, summary: string][]>
> = {
  'The catalogue of blueprints': [['GET', '/v1/blueprints', 'read', 'listBlueprints', 'List blueprints']],
  'Running blueprints': [
    ['POST', '/v1/blueprints/:slug/runs', 'transcode', 'runBlueprint', 'Run a blueprint'],
    ['GET', '/v1/blueprints/runs/:id', 'read', 'getBlueprintRun', 'Read a run of a blueprint'],
    ['GET', '/v1/blueprints/runs/:id/events', 'read', 'listBlueprintRunEvents', 'Read events of a run'],
    ['POST', '/v1/blueprints/runs/:id/continue', 'transcode', 'continueBlueprintRun', 'Continue a run'],
  ],
};

/** The parameters of a path. */
function paramsOf(url: string) {
  const names = url.match(/(?<=:)\w+/g) ?? [];
  return z.object(Object.fromEntries(names.map((name) => [name, z.string().describe(MEANINGS[name]!)])));
}

const MEANINGS: Readonly<Record<string, string>> = {
  id: 'The id, a UUID.',
  slug: 'The name of the blueprint.',
};

/** Returns 501 for these paths, after checking the key and before reading a body. A 404 would suggest a wrong id. */
export function registerNotYet(app: App): void {
  for (const [what, paths] of Object.entries(NOT_YET)) {
    const reject = async () => {
      throw new ApiError('not_implemented', null, { what });
    };
    for (const [method, url, scope, operationId, summary] of paths) {
      app.route({
        method,
        url,
        config: { scope },
        schema: {
          operationId,
          tags: ['later'],
          summary,
          description: 'This release does not implement this path yet: it returns 501 `not_implemented`.',
          ...(/[:*]/.test(url) && { params: paramsOf(url) }),
          response: { 501: errorBody },
        },
        onRequest: reject,
        handler: reject,
      });
    }
  }
}
