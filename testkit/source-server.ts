import { httpServer, type Listening, listen, type RequestHandler } from './servers.ts';

/** Starts a web server for inputs on loopback. A service needs `AIRLOCK_FETCH_ALLOW=127.0.0.1/32` to fetch from it. */
export function startSource(handler: RequestHandler): Promise<Listening> {
  return listen(httpServer(handler));
}
