import type { FastifyRequest } from 'fastify';
import type { ResourceClass } from '../database/tables.ts';
import type { Kind, SubmittedJob, ViewContext } from '../kinds/kind.ts';
import { submitJob } from '../kinds/submit.ts';
import { submitterOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { idempotencyOf } from './idempotency-key.ts';

type CreatedKind<Request, View> = Pick<Kind<Request>, 'name' | 'admit'> & {
  shown: { path: string; viewSubmitted(context: ViewContext, submitted: SubmittedJob): View };
};

/**
 * Submits a job of a kind and returns its view once it is committed. `route` separates the idempotency keys of the routes
 * that create jobs.
 */
export async function createJob<Request, View>(
  deps: ApiDeps,
  request: FastifyRequest,
  kind: CreatedKind<Request, View>,
  submission: Request,
  route: string = kind.shown.path,
): Promise<View> {
  const { context, metrics } = deps;
  let accepted: ResourceClass | null = null;
  const job = await submitJob(deps, kind, submitterOf(request), submission, {
    idempotency: { ...idempotencyOf(request), route },
    answer: (submitted) => {
      accepted = submitted.job.resource_class;
      return kind.shown.viewSubmitted(context, submitted);
    },
  });
  if (accepted) metrics.jobsAccepted.inc({ class: accepted, kind: kind.name });
  return job;
}
