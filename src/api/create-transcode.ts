import type { FastifyRequest } from 'fastify';
import { ApiError } from '../contract/errors.ts';
import { type CreateBody, createBody, type Job, toTranscodeRequest } from '../contract/transcodes.ts';
import { once } from '../domain/idempotency.ts';
import { acceptTranscode } from '../domain/transcodes/accept.ts';
import { viewTranscode } from '../domain/transcodes/view.ts';
import { checkOptions, estimateLane, type MediaInfo } from '../media/index.ts';
import type { ApiDeps } from './deps.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { callerOf } from './plugins/auth.ts';
import { unknownFields } from './warnings.ts';

/** Policy first, then one transaction; the answer is made from what was committed. */
export async function createTranscode(deps: ApiDeps, request: FastifyRequest & { body: CreateBody }): Promise<Job> {
  const { context } = deps;
  const { account, key } = callerOf(request);
  const { body } = request;
  checkSources(deps, body);
  checkPolicy(body);
  const media = toTranscodeRequest(body);
  const scope = { accountId: account.id, route: 'transcodes', key: idempotencyKey(request), body: request.sentBody };
  const { answer } = await context.db.transaction().execute((tx) =>
    once(tx, context.vault, scope, async () => {
      const row = await acceptTranscode(context, tx, {
        account,
        keyId: key.id,
        requestId: request.id,
        body,
        warnings: unknownFields(createBody, request.sentBody),
        classify: (inputs) =>
          estimateLane(
            media,
            inputs.map((input) => (input.inspection?.info as MediaInfo | undefined) ?? null),
          ),
      });
      return { status: 201, answer: await viewTranscode(context, tx, row) };
    }),
  );
  return answer;
}

function checkSources(deps: ApiDeps, body: CreateBody): void {
  for (const [index, input] of body.inputs.entries()) {
    if (input.url.startsWith('gs://')) continue;
    const verdict = deps.checkSourceUrl(input.url);
    if (!verdict.ok) {
      throw new ApiError('source_refused', {
        field: `inputs[${index}].url`,
        reason: verdict.reason ?? 'is not allowed',
        remedy: 'Use a public https:// or http:// URL, or upload the file and use its gs:// URL',
      });
    }
  }
}

function checkPolicy(body: CreateBody): void {
  const refusals = checkOptions(toTranscodeRequest(body));
  const first = refusals[0];
  if (!first) return;
  throw new ApiError('option_refused', {
    field: first.field,
    option: first.option,
    reason: first.reason,
    suggestion: first.suggestion,
    ...(refusals.length > 1 && { all: refusals.slice(0, 50) }),
  });
}
