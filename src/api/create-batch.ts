import type { FastifyRequest } from 'fastify';
import { type Batch, type BatchBody, batchBody } from '../contract/batches.ts';
import { createBody } from '../contract/transcodes.ts';
import type { ResourceClass } from '../database/tables.ts';
import { type BatchEntry, submitBatch } from '../kinds/submit-batch.ts';
import { refusedWebhook, type TranscodeSubmission } from '../kinds/transcode/admit.ts';
import { viewRefusal, viewSubmittedBatch } from '../kinds/transcode/batch-view.ts';
import { transcode } from '../kinds/transcode/index.ts';
import { callerOf, submitterOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { shapeError } from './shape-errors.ts';
import { unknownFields } from './warnings.ts';

/** `POST /v1/transcodes/batch`: submits up to 100 jobs, each accepted or refused by itself. */
export async function createBatch(deps: ApiDeps, request: FastifyRequest & { body: BatchBody }): Promise<Batch> {
  const { context } = deps;
  const { body } = request;
  const [problem] = refusedWebhook(deps, body.webhook_url);
  if (problem) throw problem;
  const warnings = unknownFields(batchBody, request.sentBody);
  const sent = (request.sentBody as { jobs: unknown[] }).jobs;
  const batch = {
    entries: sent.map((one) => entryOf(request, one)),
    metadata: body.metadata ?? null,
    webhookUrl: body.webhook_url ?? null,
  };
  let accepted: ResourceClass[] = [];
  const created = await submitBatch(deps, transcode, submitterOf(request), batch, {
    idempotency: { key: idempotencyKey(request), route: 'batches', body: request.sentBody },
    answer: (row, results) => {
      accepted = results.flatMap((one) => ('submitted' in one ? [one.submitted.job.resource_class] : []));
      return viewSubmittedBatch(context, row, results);
    },
    refusal: viewRefusal,
  });
  for (const resourceClass of accepted) deps.metrics.jobsAccepted.inc({ class: resourceClass });
  return { ...created, ...(warnings.length > 0 && { warnings }) };
}

/** Checks the shape of an entry like that of a create. */
function entryOf(request: FastifyRequest, sent: unknown): BatchEntry<TranscodeSubmission> {
  const parsed = createBody.safeParse(sent);
  if (parsed.success) return { request: { body: parsed.data, sent, warnings: unknownFields(createBody, sent) } };
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: `/${path.join('/')}`, message }));
  const part = { name: 'body' as const, sent, schema: createBody };
  return { refusal: shapeError(issues, part, callerOf(request).account) };
}
