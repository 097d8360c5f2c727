import { request } from 'node:http';
import { startSource } from './source-server.ts';

export interface ForbiddingProxy {
  endpoint: string;
  /** Keys whose deletion the proxy rejects, as a bucket with a retention policy would. */
  forbidden: Set<string>;
  /** Returns the maximum number of concurrent deletions so far. */
  mostDeletions(): number;
  close(): Promise<void>;
}

/** Starts an HTTP proxy in front of a storage on this machine that rejects some deletions with 403 AccessDenied. */
export async function openForbiddingProxy(target: number): Promise<ForbiddingProxy> {
  const forbidden = new Set<string>();
  let [deletions, most] = [0, 0];
  const server = await startSource((incoming, response) => {
    if (incoming.method === 'DELETE') {
      deletions += 1;
      most = Math.max(most, deletions);
      response.once('close', () => {
        deletions -= 1;
      });
    }
    const path = decodeURIComponent(new URL(incoming.url!, 'http://proxy').pathname);
    if (incoming.method === 'DELETE' && [...forbidden].some((key) => path.endsWith(`/${key}`))) {
      response.writeHead(403).end('<Error><Code>AccessDenied</Code></Error>');
      return;
    }
    // The `Host` header of the client is forwarded, because the signature covers it.
    const { method, url, headers } = incoming;
    const outgoing = request({ host: '127.0.0.1', port: target, method, path: url, headers }, (reply) => {
      response.writeHead(reply.statusCode!, reply.headers);
      reply.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  });
  return {
    endpoint: server.url,
    forbidden,
    mostDeletions: () => most,
    close: server.close,
  };
}
