import type { FastifyRequest } from 'fastify';
import { ApiError } from '../contract/errors.ts';
import { type FailureCode, failures } from '../contract/failures.ts';
import type { ProbeAnswer, ProbeBody } from '../contract/probe.ts';
import { openColumn } from '../database/sealed-columns.ts';
import type { Job } from '../jobs/rows.ts';
import { probe } from '../kinds/probe/index.ts';
import { openResult } from '../kinds/probe-result.ts';
import { submitJob } from '../kinds/submit.ts';
import { submitterOf } from './caller.ts';
import type { RouteDeps } from './deps.ts';
import { untilEnded } from './until-ended.ts';

/** Maximum milliseconds that a request waits for a worker. A probe has 20 s for fetching and 15 s for ffprobe. */
const PROBE_WAIT_MS = 45_000;

/** `POST /v1/probe`: a worker describes the file. The job ends with the request, even if the client disconnects. */
export async function probeSource(
  deps: RouteDeps,
  request: FastifyRequest & { body: ProbeBody },
): Promise<ProbeAnswer> {
  const { context } = deps;
  const { id } = await submitJob(
    deps,
    probe,
    submitterOf(request),
    { url: request.body.url },
    {
      idempotency: { key: null, route: 'probe', body: null },
      answer: ({ job }) => job,
    },
  );
  const job = await untilEnded(deps, request, { kind: probe.name, id }, PROBE_WAIT_MS);
  if (!job) {
    throw new ApiError('unavailable', {
      reason: 'no worker has described the file in time',
      remedy: 'Try again',
    });
  }
  const result = job.status === 'completed' ? openResult(context.vault, job) : null;
  if (!result) throw rejectionOf(deps, job);
  return result;
}

/** Returns the error for a file that could not be described. Uses the codes of a create where they exist. */
function rejectionOf({ context }: RouteDeps, job: Job): ApiError {
  const reason = openColumn(context.vault, 'jobs', 'error_sealed', job) ?? 'the probe was canceled';
  const code = job.error_code as FailureCode | null;
  if (code === 'source_refused') return new ApiError('source_refused', { field: 'url', reason });
  if (code === 'input_deleted') return new ApiError('source_deleted', { field: 'url' });
  const advice = code && Object.hasOwn(failures, code) ? failures[code].advice : null;
  const details = { field: 'url', reason, ...(advice && { remedy: advice }), error_code: code };
  return new ApiError('probe_failed', details);
}
