import type { FastifyRequest } from 'fastify';
import { isFinal } from '../contract/common.ts';
import { ApiError } from '../contract/errors.ts';
import { type FailureCode, failures } from '../contract/failures.ts';
import type { ProbeAnswer, ProbeBody } from '../contract/probe.ts';
import { openColumn } from '../database/sealed-columns.ts';
import { cancelJob } from '../jobs/cancel.ts';
import { getJob } from '../jobs/read.ts';
import type { Job } from '../jobs/rows.ts';
import { probe } from '../kinds/probe/index.ts';
import { openResult } from '../kinds/probe/result.ts';
import { submitJob } from '../kinds/submit.ts';
import { callerOf, submitterOf } from './caller.ts';
import type { RouteDeps } from './deps.ts';
import { whileWaiting } from './plugins/concurrency.ts';

/** Milliseconds that a request waits for a worker. A probe has 20 s for fetching and 15 s for ffprobe. */
const PROBE_WAIT_MS = 45_000;

/** `POST /v1/probe`: a worker describes the file. The job ends with the request, also when the client disconnects. */
export async function probeSource(
  deps: RouteDeps,
  request: FastifyRequest & { body: ProbeBody },
): Promise<ProbeAnswer> {
  const { context } = deps;
  const { account } = callerOf(request);
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
  const job = await ended(deps, request, account.id, id);
  if (!isFinal(job.status)) {
    // A worker may have ended it in this moment; the result is then forgotten with the job.
    await cancelJob(context, account.id, probe.name, id).catch(() => {});
    throw new ApiError('unavailable', {
      reason: 'no worker has described the file in time',
      remedy: 'Try again',
    });
  }
  const result = job.status === 'completed' ? openResult(context.vault, job) : null;
  if (!result) throw rejectionOf(deps, job);
  return result;
}

/** The job when it is final, or as it is after the wait, or when client or API disconnect. */
async function ended(
  { context, signals, stopping }: RouteDeps,
  request: FastifyRequest,
  accountId: string,
  id: string,
): Promise<Job> {
  const deadline = Date.now() + PROBE_WAIT_MS;
  const over = new AbortController();
  const end = () => over.abort();
  const { socket } = request.raw;
  socket.once('close', end);
  const stop = AbortSignal.any([stopping, over.signal]);
  try {
    for (;;) {
      // Listen before the read, so that an end in between is not missed.
      const woken = signals.wait(id, deadline, stop);
      const job = await getJob(context.db, accountId, probe.name, id);
      if (isFinal(job.status) || Date.now() >= deadline || stop.aborted) return job;
      await whileWaiting(request, woken);
    }
  } finally {
    socket.off('close', end);
    over.abort();
  }
}

/** The error for a file that could not be described, in the terms of a create where it has one. */
function rejectionOf({ context }: RouteDeps, job: Job): ApiError {
  const reason = openColumn(context.vault, 'jobs', 'error_sealed', job) ?? 'the probe was canceled';
  const code = job.error_code as FailureCode | null;
  if (code === 'source_refused') return new ApiError('source_refused', { field: 'url', reason });
  if (code === 'input_deleted') return new ApiError('source_deleted', { field: 'url' });
  const advice = code && Object.hasOwn(failures, code) ? failures[code].advice : null;
  const details = { field: 'url', reason, ...(advice && { remedy: advice }), error_code: code };
  return new ApiError('probe_failed', details);
}
