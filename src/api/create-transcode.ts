import type { FastifyRequest } from 'fastify';
import type { Warning } from '../contract/common.ts';
import { type CreateBody, createBody, type Job } from '../contract/transcodes.ts';
import type { ValidateAnswer } from '../contract/validate.ts';
import type { ResourceClass } from '../database/tables.ts';
import { submitJob } from '../kinds/submit.ts';
import type { TranscodeSubmission } from '../kinds/transcode/admit.ts';
import { transcode } from '../kinds/transcode/index.ts';
import { validateTranscode } from '../kinds/transcode/validate.ts';
import { viewSubmitted } from '../kinds/transcode/view.ts';
import { submitterOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { idempotencyKey } from './idempotency-key.ts';
import { unknownFields } from './warnings.ts';

/** `POST /v1/transcodes`: submits a job and returns it once it is committed. */
export function createTranscode(deps: ApiDeps, request: FastifyRequest & { body: CreateBody }): Promise<Job> {
  return submitTranscode(deps, request, 'transcodes', submissionOf(request));
}

/** `POST /v1/transcodes/validate`: checks a request without creating a job. */
export function validateRequest(
  deps: ApiDeps,
  request: FastifyRequest & { body: CreateBody },
): Promise<ValidateAnswer> {
  return validateTranscode(deps, submitterOf(request), submissionOf(request));
}

/** `route` separates the idempotency keys of the routes that create transcodes. */
export async function submitTranscode(
  deps: ApiDeps,
  request: FastifyRequest,
  route: 'transcodes' | 'commands',
  submission: TranscodeSubmission,
): Promise<Job> {
  const { context, metrics } = deps;
  let accepted: ResourceClass | null = null;
  const job = await submitJob(deps, transcode, submitterOf(request), submission, {
    idempotency: { key: idempotencyKey(request), route, body: request.sentBody },
    answer: (submitted) => {
      accepted = submitted.job.resource_class;
      return viewSubmitted(context, submitted);
    },
  });
  if (accepted) metrics.jobsAccepted.inc({ class: accepted });
  return job;
}

function submissionOf(request: FastifyRequest & { body: CreateBody }): TranscodeSubmission {
  const warnings: Warning[] = unknownFields(createBody, request.sentBody);
  return { body: request.body, sent: request.sentBody, warnings };
}
