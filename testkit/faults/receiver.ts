import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { httpServer, listen } from '../servers.ts';

/** Receives the webhooks and the delivered outputs of runs. */
export interface Receiver {
  url: string;
  /** Returns the bodies of the webhooks that arrived at a path, by the id of their event. Repeated webhooks count once. */
  webhooks(path: string): Map<string, { type: string; data: { job_id: string } }>;
  /** Serves a file. */
  serve(path: string, bytes: Buffer): void;
  /** Returns the hashes of the files that arrived at a path. */
  files(path: string): string[];
  close(): Promise<void>;
}

export async function openReceiver(): Promise<Receiver> {
  const webhooks = new Map<string, ReturnType<Receiver['webhooks']>>();
  const files = new Map<string, string[]>();
  const served = new Map<string, Buffer>();
  const server = httpServer(async (request, response) => {
    const bytes = await buffer(request);
    const path = request.url!.split('?')[0]!;
    const id = request.headers['webhook-id'];
    if (typeof id === 'string') {
      const known = webhooks.get(path) ?? new Map();
      webhooks.set(path, known.set(id, JSON.parse(bytes.toString())));
    } else if (request.method === 'PUT') {
      files.set(path, [...(files.get(path) ?? []), createHash('sha256').update(bytes).digest('hex')]);
    }
    response.writeHead(200).end(served.get(path));
  });
  const { url, close } = await listen(server);
  return {
    ...{ url, close },
    serve: (path, bytes) => void served.set(path, bytes),
    webhooks: (path) => webhooks.get(path) ?? new Map(),
    files: (path) => files.get(path) ?? [],
  };
}
