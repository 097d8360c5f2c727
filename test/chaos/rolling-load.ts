import { readFile, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { call } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';

/**
 * Sends each request to an API whose `/readyz` returns 200, as a load balancer does. If no API is ready, every API gets requests, as with
 * most balancers: without storage no API is ready, but each API can still respond.
 */
export interface Balancer {
  /** Adds an API, and resolves when it is ready. */
  add(origin: string): Promise<void>;
  /** Resolves when an API gets no more requests, because it reports that it is about to stop. */
  left(origin: string): Promise<void>;
  /** Removes an API. Resolves when its requests have ended. */
  remove(origin: string): Promise<void>;
  /** Sends a request to the next API. */
  send<T>(request: (origin: string) => Promise<T>): Promise<T>;
  close(): void;
}

const PROBE_MS = 100;

export function openBalancer(): Balancer {
  const apis = new Map<string, boolean>();
  const running = new Map<string, number>();
  const count = (origin: string, by: number) => running.set(origin, (running.get(origin) ?? 0) + by);
  const probe = async (origin: string) => {
    const response = await fetch(`${origin}/readyz`).catch(() => null);
    if (apis.has(origin)) apis.set(origin, response?.status === 200);
  };
  const timer = setInterval(() => [...apis.keys()].forEach(probe), PROBE_MS);
  let turn = 0;
  return {
    async add(origin) {
      apis.set(origin, false);
      await until(() => apis.get(origin), { what: 'an API to be ready' });
    },
    async left(origin) {
      await until(() => !apis.get(origin), { what: 'an API to say that it drains' });
      apis.delete(origin);
    },
    async remove(origin) {
      apis.delete(origin);
      await until(() => running.get(origin) === 0, { what: 'the requests of an API to end' });
    },
    async send(request) {
      const ready = [...apis.keys()].filter((origin) => apis.get(origin));
      const usable = ready.length > 0 ? ready : [...apis.keys()];
      turn += 1;
      const origin = usable[turn % usable.length]!;
      count(origin, 1);
      try {
        return await request(origin);
      } finally {
        count(origin, -1);
      }
    },
    close: () => clearInterval(timer),
  };
}

export interface Load {
  /** Resolves when `jobs` further jobs have completed since the call. */
  progress(jobs: number): Promise<void>;
  /** Ends the load. Returns the ids of all jobs, all of which have completed. Rejects with the first failure. */
  end(): Promise<string[]>;
}

/**
 * Uploads a file, and creates jobs from it one after the other. Requests to the API are not repeated, so the first rejected or failed
 * request ends the load. Requests to the storage are repeated while nothing listens, as S3 clients do.
 */
export function startLoad(balancer: Balancer, key: string, clip: string, clients: number): Load {
  const ids: string[] = [];
  let done = 0;
  let ending = false;
  const ask = async (method: string, path: string, body?: unknown) => {
    const response = await balancer.send((origin) => call(`${origin}${path}`, method, key, body));
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.status} ${response.text}`);
    return response.json;
  };
  const client = async () => {
    const fileUrl = await uploadOnce(ask, clip);
    while (!ending) {
      const request = { inputs: [{ url: fileUrl }], outputFormat: 'jpg' };
      let job = await ask('POST', '/v1/transcodes?wait=30', request);
      ids.push(job.id);
      while (!['completed', 'failed'].includes(job.status)) job = await ask('GET', `/v1/transcodes/${job.id}?wait=30`);
      if (job.status !== 'completed') throw new Error(`a job failed: ${job.error_code}`);
      const { url } = await ask('GET', `/v1/transcodes/${job.id}/download`);
      const output = await persistent(() => fetch(url));
      if (output.status !== 200) throw new Error(`download: ${output.status}`);
      await output.arrayBuffer();
      done += 1;
    }
  };
  const running = Promise.all(Array.from({ length: clients }, client));
  running.catch(() => {});
  return {
    async progress(jobs) {
      const goal = done + jobs;
      const reached = until(() => done >= goal, { what: `${jobs} more jobs`, timeoutMs: 60_000 });
      await Promise.race([reached, running]);
    },
    async end() {
      ending = true;
      await running;
      return ids;
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: responses are read field by field
async function uploadOnce(ask: (method: string, path: string, body?: unknown) => Promise<any>, clip: string) {
  const file = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: (await stat(clip)).size };
  const { result } = await ask('POST', '/v1/upload/presigned-url', file);
  const body = new Uint8Array(await readFile(clip));
  const put = await persistent(() =>
    fetch(result.uploadUrl, { method: 'PUT', headers: { 'content-type': file.contentType }, body }),
  );
  if (put.status !== 200) throw new Error(`put: ${put.status}`);
  const confirmed = await ask('POST', '/v1/upload/confirm', { filename: result.filename, fileSize: file.fileSize });
  return confirmed.result.fileUrl as string;
}

async function persistent(send: () => Promise<Response>): Promise<Response> {
  const end = Date.now() + 10_000;
  for (;;) {
    const response = await send().catch(() => null);
    if (response && response.status < 500) return response;
    if (Date.now() > end) throw new Error('the storage did not come back');
    await sleep(100);
  }
}
