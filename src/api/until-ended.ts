import type { FastifyRequest } from 'fastify';
import { isFinal } from '../contract/common.ts';
import { cancelJob } from '../jobs/cancel.ts';
import { getJob } from '../jobs/read.ts';
import type { Job } from '../jobs/rows.ts';
import { callerOf } from './caller.ts';
import type { RouteDeps } from './deps.ts';
import { whileWaiting } from './plugins/concurrency.ts';

/** A job that is canceled when the request that waits for it ends. */
interface AwaitedJob {
  kind: string;
  id: string;
}

/**
 * Waits for a job that a request has created for itself. Returns null, and cancels the job, if it is not final after
 * `waitMs`, or when the client disconnects or the API stops.
 */
export async function untilEnded(
  deps: RouteDeps,
  request: FastifyRequest,
  awaited: AwaitedJob,
  waitMs: number,
): Promise<Job | null> {
  const job = await ended(deps, request, awaited, waitMs);
  if (isFinal(job.status)) return job;
  // A worker may have ended the job in the meantime. Its result is then erased with the job.
  await cancelJob(deps.context, callerOf(request).account.id, awaited.kind, awaited.id).catch(() => {});
  return null;
}

/** Returns the job when it is final, or in its current state when the wait is over, the client disconnects or the API stops. */
async function ended(
  { context, signals, stopping }: RouteDeps,
  request: FastifyRequest,
  { kind, id }: AwaitedJob,
  waitMs: number,
): Promise<Job> {
  const deadline = performance.now() + waitMs;
  const over = new AbortController();
  const end = () => over.abort();
  const { socket } = request.raw;
  socket.once('close', end);
  const stop = AbortSignal.any([stopping, over.signal]);
  try {
    for (;;) {
      // Listen before each read, so that no change in between is missed.
      const woken = signals.wait(id, deadline, stop);
      const job = await getJob(context.db, callerOf(request).account.id, kind, id);
      if (isFinal(job.status) || performance.now() >= deadline || stop.aborted) return job;
      await whileWaiting(request, woken);
    }
  } finally {
    socket.off('close', end);
    over.abort();
  }
}
