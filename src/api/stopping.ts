import { setMaxListeners } from 'node:events';
import type { ConnectionGuard } from '../net/connection-guard.ts';
import type { App } from './types.ts';

/**
 * Lets `close()` end soon. The signal that it returns aborts when closing begins, for handlers that wait on purpose.
 * Connections on which nothing is asked are closed then, since Node counts those as busy that never asked anything.
 */
export function registerStopping(app: App, connections: ConnectionGuard): AbortSignal {
  const stopping = new AbortController();
  // Each request that waits listens.
  setMaxListeners(0, stopping.signal);
  app.addHook('preClose', async () => {
    stopping.abort();
    connections.closeIdle();
  });
  // A connection that becomes idle after this would be kept until its client lets go.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted) reply.header('connection', 'close');
  });
  return stopping.signal;
}
