import type { FastifyRequest } from 'fastify';
import { isFinal } from '../contract/common.ts';
import { getStatus } from '../jobs/read.ts';
import type { ViewContext } from '../kinds/kind.ts';
import type { RouteDeps } from './deps.ts';
import { lookForUploads } from './look-for-uploads.ts';
import { whileWaiting } from './plugins/concurrency.ts';

interface ReadKind<View> {
  name: string;
  shown: {
    read(context: ViewContext, accountId: string, id: string): Promise<View>;
    restingStatuses?: readonly string[];
  };
}

/**
 * Returns the job when it is final or does not continue by itself, or in its current state after `seconds`. Returns earlier if the client
 * disconnects or the API stops.
 */
export async function waitUntilFinal<View extends { status: string }>(
  deps: RouteDeps,
  request: FastifyRequest,
  { name, shown }: ReadKind<View>,
  { accountId, id }: { accountId: string; id: string },
  seconds: number,
): Promise<View> {
  const { context, signals, stopping } = deps;
  const deadline = performance.now() + seconds * 1000;
  const over = new AbortController();
  // Pass a reason, so that no exception with a stack trace is created.
  const end = () => over.abort('over');
  const { socket } = request.raw;
  socket.once('close', end);
  stopping.addEventListener('abort', end, { once: true });
  if (stopping.aborted) end();
  try {
    const isOver = () => performance.now() >= deadline || over.signal.aborted;
    // Listen before each read, so that no change in between is missed.
    let woken = signals.wait(id, deadline, over.signal);
    const { restingStatuses = [] } = shown;
    // Read only the status at first, because most jobs are not final yet.
    const found = await getStatus(context.db, accountId, name, id);
    lookForUploads(deps, request, found, over.signal);
    if (restingStatuses.length === 0 && !isFinal(found.status) && !isOver()) await whileWaiting(request, woken);
    for (;;) {
      woken = signals.wait(id, deadline, over.signal);
      const job = await shown.read(context, accountId, id);
      if (isFinal(job.status) || restingStatuses.includes(job.status) || isOver()) return job;
      await whileWaiting(request, woken);
    }
  } finally {
    socket.off('close', end);
    stopping.removeEventListener('abort', end);
    end();
  }
}
