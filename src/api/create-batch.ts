import { setImmediate as otherWork } from 'node:timers/promises';
import type { FastifyRequest } from 'fastify';
import { type Batch, type BatchBody, batchBody } from '../contract/batches.ts';
import { createBody } from '../contract/transcodes.ts';
import { ONE_PER_ACCOUNT, TURN_MS } from '../database/connection-share.ts';
import type { ResourceClass } from '../database/tables.ts';
import { type BatchEntry, submitBatch } from '../kinds/submit-batch.ts';
import type { TranscodeSubmission } from '../kinds/transcode/admit.ts';
import { keptRejection, viewSubmittedBatch } from '../kinds/transcode/batch-view.ts';
import { transcode } from '../kinds/transcode/index.ts';
import { rejectedWebhook } from '../kinds/webhook-url.ts';
import { FairPool } from '../pools/fair-pool.ts';
import { callerOf, submitterOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { comparableBody, readSpelling, withSentNames } from './field-spelling.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { shapeError } from './shape-errors.ts';
import { unknownFields } from './warnings.ts';

type BatchHttpRequest = FastifyRequest & { body: BatchBody };

/** Batches of one account run one after another in a process, because 100 jobs take as much CPU as 100 requests. */
const turns = new FairPool(ONE_PER_ACCOUNT);

/** `POST /v1/transcodes/batch`: submits up to 100 jobs, each of which is accepted or rejected separately. */
export async function createBatch(deps: ApiDeps, request: BatchHttpRequest): Promise<Batch> {
  return turns.run(callerOf(request).account.id, { maxMs: TURN_MS }, () => createInTurn(deps, request));
}

async function createInTurn(deps: ApiDeps, request: BatchHttpRequest): Promise<Batch> {
  const { context } = deps;
  const { body } = request;
  const [problem] = rejectedWebhook(deps, body.webhook_url);
  if (problem) throw problem;
  const warnings = unknownFields(batchBody, request.sentBody);
  const sent = (request.sentBody as { jobs: unknown[] }).jobs;
  const entries: BatchEntry<TranscodeSubmission>[] = [];
  const comparable: unknown[] = [];
  for (const one of sent) {
    entries.push(entryOf(one));
    comparable.push(comparableBody(createBody, one));
    await otherWork();
  }
  const batch = {
    entries,
    metadata: body.metadata ?? null,
    webhookUrl: body.webhook_url ?? null,
  };
  let accepted: ResourceClass[] = [];
  const created = await submitBatch(deps, transcode, submitterOf(request), batch, {
    idempotency: {
      key: idempotencyKey(request),
      route: 'batches',
      body: { ...(request.sentBody as object), jobs: comparable },
    },
    answer: (row, results) => {
      accepted = results.flatMap((one) => ('submitted' in one ? [one.submitted.job.resource_class] : []));
      return viewSubmittedBatch(context, row, results);
    },
    rejection: keptRejection,
  });
  for (const resourceClass of accepted) deps.metrics.jobsAccepted.inc({ class: resourceClass, kind: transcode.name });
  return { ...created, ...(warnings.length > 0 && { warnings }) };
}

/** Checks the shape of an entry like the body of a create. */
function entryOf(sent: unknown): BatchEntry<TranscodeSubmission> {
  const { body, sentNames, error } = readSpelling(createBody, sent);
  if (error) return { rejection: error };
  const parsed = createBody.safeParse(body);
  if (parsed.success) return { request: { body: parsed.data, sent: body, warnings: unknownFields(createBody, body) } };
  const part = { name: 'body' as const, sent: body, schema: createBody };
  return { rejection: withSentNames(shapeError(parsed.error.issues, part), sentNames) };
}
