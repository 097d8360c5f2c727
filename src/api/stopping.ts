import { setMaxListeners } from 'node:events';
import type { ConnectionGuard } from '../listener/connection-guard.ts';
import type { App } from './types.ts';

/**
 * Lets `close()` finish quickly. The returned signal aborts when closing begins, for handlers that wait. Idle connections are closed at
 * that time, because Node does not count a connection without a first request as idle. While the process drains, each response closes its
 * connection, so that clients connect to another process.
 */
export function registerStopping(app: App, connections: ConnectionGuard, draining: AbortSignal): AbortSignal {
  const stopping = new AbortController();
  // Each waiting request adds a listener.
  setMaxListeners(0, stopping.signal);
  app.addHook('preClose', async () => {
    stopping.abort();
    connections.closeIdle();
  });
  // A connection that becomes idle later would stay open until its client closes it.
  app.addHook('onSend', async (_request, reply) => {
    if (stopping.signal.aborted || draining.aborted) reply.header('connection', 'close');
  });
  return stopping.signal;
}
