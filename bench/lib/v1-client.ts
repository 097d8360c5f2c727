import { createReadStream, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { Job } from '../../src/contract/transcodes.ts';
import { type Answer, call } from '../../testkit/service.ts';

/** A client of the v1 API of FFmpeg Micro, which Airlock and its peers speak. */
export interface V1Client {
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Uploads and confirms a file. Returns its URL for a job. */
  upload(path: string): Promise<string>;
  create(body: unknown): Promise<Job>;
  /** Waits until the job is final; throws unless it completed. */
  completed(id: string): Promise<Job>;
}

/** Milliseconds between two looks at a job whose service does not wait. */
const POLL_MS = 50;

/** A client of a service elsewhere, by the address of its API. */
export function openPeer(url: string, key: string): V1Client {
  const base = url.replace(/\/$/, '');
  return v1Client((method, path, body) => call(`${base}${path}`, method, key, body));
}

export function v1Client(send: V1Client['call']): V1Client {
  return {
    call: send,
    async upload(path) {
      const fileSize = statSync(path).size;
      const contentType = path.endsWith('.webm') ? 'video/webm' : 'video/mp4';
      const file = { filename: `bench${extname(path)}`, contentType, fileSize };
      const { result } = succeeded(await send('POST', '/v1/upload/presigned-url', file));
      const put = await fetch(result.uploadUrl, {
        method: 'PUT',
        headers: { 'content-type': contentType, 'content-length': String(fileSize) },
        body: createReadStream(path),
        duplex: 'half',
      });
      if (!put.ok) throw new Error(`the storage answered ${put.status}: ${(await put.text()).slice(0, 500)}`);
      const confirm = { filename: result.filename, fileSize };
      return succeeded(await send('POST', '/v1/upload/confirm', confirm)).result.fileUrl;
    },
    async create(body) {
      return succeeded(await send('POST', '/v1/transcodes', body));
    },
    async completed(id) {
      for (;;) {
        const asked = performance.now();
        const job: Job = succeeded(await send('GET', `/v1/transcodes/${id}?wait=60`));
        if (job.status === 'completed') return job;
        if (job.status === 'failed' || job.status === 'canceled')
          throw new Error(`job ${job.status}: ${job.error_message}`);
        if (performance.now() - asked < 1000) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    },
  };
}

function succeeded({ status, json, text }: Answer): Answer['json'] {
  if (status !== 200 && status !== 201) throw new Error(`the API answered ${status}: ${text.slice(0, 500)}`);
  return json;
}
