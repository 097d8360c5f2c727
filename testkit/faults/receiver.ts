import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { httpServer, listen } from '../servers.ts';

/** Receives the webhooks and the delivered outputs of runs. */
export interface Receiver {
  url: string;
  /** Returns the bodies of the webhooks that arrived at a path, by the id of their event. Repeated webhooks count once. */
  webhooks(path: string): Map<string, { type: string; data: { job_id: string } }>;
  /** Serves a file, after `delayMs`. */
  serve(path: string, bytes: Buffer, delayMs?: number): void;
  /** Returns the times of the requests for a path (`performance.now()`). */
  requests(path: string): number[];
  /** Returns the hashes of the files that arrived at a path. */
  files(path: string): string[];
  close(): Promise<void>;
}

export async function openReceiver(): Promise<Receiver> {
  const webhooks = new Map<string, ReturnType<Receiver['webhooks']>>();
  const files = new Map<string, string[]>();
  const served = new Map<string, { bytes: Buffer; delayMs: number }>();
  const requests = new Map<string, number[]>();
  const server = httpServer(async (request, response) => {
    const path = request.url!.split('?')[0]!;
    requests.set(path, [...(requests.get(path) ?? []), performance.now()]);
    const bytes = await buffer(request);
    const id = request.headers['webhook-id'];
    if (typeof id === 'string') {
      const known = webhooks.get(path) ?? new Map();
      webhooks.set(path, known.set(id, JSON.parse(bytes.toString())));
    } else if (request.method === 'PUT') {
      files.set(path, [...(files.get(path) ?? []), createHash('sha256').update(bytes).digest('hex')]);
    }
    const file = served.get(path);
    if (file) await sleep(file.delayMs);
    response.writeHead(200).end(file?.bytes);
  });
  const { url, close } = await listen(server);
  return {
    ...{ url, close },
    serve: (path, bytes, delayMs = 0) => void served.set(path, { bytes, delayMs }),
    requests: (path) => requests.get(path) ?? [],
    webhooks: (path) => webhooks.get(path) ?? new Map(),
    files: (path) => files.get(path) ?? [],
  };
}
