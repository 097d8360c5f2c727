import { createReadStream, statSync } from 'node:fs';
import { extname } from 'node:path';
import type { Job } from '../../src/contract/transcodes.ts';
import { exchange } from './http.ts';

export interface V1Response {
  status: number;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: responses are read field by field
  json: any;
}

interface Sent {
  filename: string;
  fileSize: number;
}

/** A client of the v1 API of FFmpeg Micro, which Airlock and its peers speak. */
export interface V1Client {
  call(method: string, path: string, body?: unknown): Promise<V1Response>;
  /** Uploads a file. Returns the fields with which `confirm` confirms the upload. */
  send(path: string): Promise<Sent>;
  /** Confirms an upload. Returns the URL of the file for a job. */
  confirm(sent: Sent): Promise<string>;
  /** Uploads and confirms a file. Returns its URL for a job. */
  upload(path: string): Promise<string>;
  create(body: unknown): Promise<Job>;
  /** Creates a job whose only input is this file, and sends the file. Returns the response of the create. */
  createAndSend(path: string, request: object): Promise<Job>;
  /** Waits until the job is final. Throws unless the job completed. */
  completed(id: string): Promise<Job>;
}

/** Milliseconds between two requests for a job if its service cannot wait. */
const POLL_MS = 50;

/** Returns a client of another service, whose API has the address `url`. */
export function openPeer(url: string, key: string): V1Client {
  const base = url.replace(/\/$/, '');
  return v1Client((method, path, body) => callApi(`${base}${path}`, method, key, body));
}

/** Sends a request with a key, and a body as JSON. */
export async function callApi(url: string, method: string, key: string, body?: unknown): Promise<V1Response> {
  const headers = { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) };
  const { status, bytes } = await exchange(method, url, headers, body === undefined ? null : JSON.stringify(body));
  const text = bytes.toString();
  return { status, text, json: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null };
}

/** Content types of uploads by file extension. All other uploads are `video/mp4`. */
const CONTENT_TYPES: Readonly<Record<string, string>> = { '.webm': 'video/webm', '.flac': 'audio/flac' };

export function v1Client(send: V1Client['call']): V1Client {
  const sendFile: V1Client['send'] = async (path) => {
    const file = describe(path);
    const { result } = succeeded(await send('POST', '/v1/upload/presigned-url', file));
    await put(path, file, result.uploadUrl);
    return { filename: result.filename, fileSize: file.fileSize };
  };
  const confirmFile: V1Client['confirm'] = async (sent) =>
    succeeded(await send('POST', '/v1/upload/confirm', sent)).result.fileUrl;
  return {
    call: send,
    send: sendFile,
    confirm: confirmFile,
    upload: async (path) => confirmFile(await sendFile(path)),
    async create(body) {
      return succeeded(await send('POST', '/v1/transcodes', body));
    },
    async createAndSend(path, request) {
      const upload = describe(path);
      const job: Job = succeeded(await send('POST', '/v1/transcodes', { inputs: [{ upload }], ...request }));
      const target = job.inputs[0]?.upload;
      if (!target || !('url' in target)) throw new Error('the service requires an upload in parts');
      await put(path, upload, target.url);
      return job;
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

function describe(path: string) {
  const contentType = CONTENT_TYPES[extname(path)] ?? 'video/mp4';
  return { filename: `bench${extname(path)}`, contentType, fileSize: statSync(path).size };
}

async function put(path: string, { contentType, fileSize }: ReturnType<typeof describe>, url: string): Promise<void> {
  const headers = { 'content-type': contentType, 'content-length': String(fileSize) };
  const { status, bytes } = await exchange('PUT', url, headers, createReadStream(path));
  if (status !== 200) throw new Error(`the storage returned ${status}: ${bytes.toString('utf8', 0, 500)}`);
}

function succeeded({ status, json, text }: V1Response): V1Response['json'] {
  if (status !== 200 && status !== 201) throw new Error(`the API answered ${status}: ${text.slice(0, 500)}`);
  return json;
}
