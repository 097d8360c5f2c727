import type { FastifyRequest } from 'fastify';
import type { Warning } from '../contract/common.ts';
import { type CreateBody, createBody, type Job, toTranscodeRequest } from '../contract/transcodes.ts';
import { once } from '../domain/idempotency.ts';
import { storeSpace } from '../domain/stored-bytes.ts';
import { acceptTranscode } from '../domain/transcodes/accept.ts';
import { viewTranscode } from '../domain/transcodes/view.ts';
import type { Judgement } from '../media/index.ts';
import { cappedBy } from './capped.ts';
import type { ApiDeps } from './deps.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { judgeRequest } from './judge-request.ts';
import { callerOf } from './plugins/auth.ts';
import { checkRefusals, checkSources, inputSources, requestedAssets } from './request-policy.ts';
import { unknownFields } from './warnings.ts';

/** Policy first, then one transaction; the answer is made from what was committed. */
export async function createTranscode(deps: ApiDeps, request: FastifyRequest & { body: CreateBody }): Promise<Job> {
  const { body } = request;
  const media = toTranscodeRequest(body);
  checkSources(deps, inputSources(media));
  const { judgement } = await judgeRequest(deps, callerOf(request).account, media);
  const warnings = unknownFields(createBody, request.sentBody);
  return accept(deps, request, { body, judgement, route: 'transcodes', warnings });
}

/** Accepts a judged job for the caller. `route` separates the idempotency keys of the ways to ask for one. */
export async function accept(
  deps: ApiDeps,
  request: FastifyRequest,
  job: { body: CreateBody; judgement: Judgement; route: string; warnings: Warning[]; outputName?: string },
): Promise<Job> {
  const { context } = deps;
  const { account, key } = callerOf(request);
  const { body, judgement } = job;
  checkRefusals(judgement.refusals, request.sentBody);
  const assets = requestedAssets(judgement);
  checkSources(deps, assets);
  const scope = { accountId: account.id, route: job.route, key: idempotencyKey(request), body: request.sentBody };
  const space = await storeSpace(context);
  const { answer } = await context.db.transaction().execute((tx) =>
    once(tx, context.vault, scope, async () => {
      const row = await acceptTranscode(context, tx, {
        account,
        keyId: key.id,
        requestId: request.id,
        body,
        assets,
        space,
        ...(job.outputName !== undefined && { outputName: job.outputName }),
        warnings: [...job.warnings, ...judgement.warnings, ...cappedBy(context, account, body)],
        lane: judgement.lane,
      });
      return { status: 201, answer: await viewTranscode(context, tx, row), made: { transcode_id: row.id } };
    }),
  );
  return answer;
}
