import type { IncomingMessage } from 'node:http';
import { isFinal } from '../contract/common.ts';
import type { Job } from '../contract/transcodes.ts';
import { getTranscode } from '../domain/transcodes/read.ts';
import { viewTranscode } from '../domain/transcodes/view.ts';
import type { ApiDeps } from './deps.ts';

/** The job once it is final, or as it is after `seconds`; ends early when the client goes away. */
export async function waitUntilFinal(
  deps: ApiDeps,
  accountId: string,
  id: string,
  seconds: number,
  client: IncomingMessage,
): Promise<Job> {
  const { context, signals } = deps;
  const deadline = Date.now() + seconds * 1000;
  const gone = new AbortController();
  const onClose = () => gone.abort();
  client.socket.once('close', onClose);
  try {
    for (;;) {
      // Listening starts before the look, so that an end in between is not missed.
      const woken = signals.wait(id, deadline, gone.signal);
      const row = await getTranscode(context.db, accountId, id);
      if (isFinal(row.status) || Date.now() >= deadline || gone.signal.aborted) {
        return viewTranscode(context, context.db, row);
      }
      await woken;
    }
  } finally {
    client.socket.off('close', onClose);
    gone.abort();
  }
}
