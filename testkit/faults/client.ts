import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { isFinal } from '../../src/contract/common.ts';
import { type ApiResponse, call } from '../service.ts';
import type { Lane } from './lane.ts';

// biome-ignore lint/suspicious/noExplicitAny: read field by field
export type Json = any;

/** Milliseconds for which a request is repeated. Longer than a lease, a restart and a delayed statement together. */
const PATIENCE_MS = 100_000;
const PAUSE_MS = 50;

/** A client that behaves well: it repeats a request with the same Idempotency-Key until the API responds. */
export class Client {
  readonly #lane: Lane;
  readonly #key: string;
  /** Aborted once the run is over. */
  readonly #signal: AbortSignal;
  /** The process that gets the requests. */
  readonly #api: string;

  constructor(lane: Lane, key: string, signal: AbortSignal, api = 'api') {
    this.#lane = lane;
    this.#key = key;
    this.#signal = signal;
    this.#api = api;
  }

  /** Sends a request until the response is neither lost nor a failure of the service. Throws if the status is not in `expected`. */
  async send(method: string, path: string, body?: unknown, expected: readonly number[] = [200, 201]): Promise<Json> {
    const response = await this.ask(method, path, body);
    if (!expected.includes(response.status)) throw new Unexpected(`${method} ${path}`, response);
    return response.json;
  }

  async ask(method: string, path: string, body?: unknown): Promise<ApiResponse> {
    const headers: Record<string, string> = method === 'POST' ? { 'idempotency-key': randomUUID() } : {};
    return this.#repeat(async () =>
      call(`${await this.#lane.api(this.#api)}${path}`, method, this.#key, body, headers),
    );
  }

  /** Sends bytes to a signed URL, and returns the entity tag. */
  async put(url: string, bytes: Buffer, headers: Record<string, string>): Promise<string> {
    const { status, headers: sent } = await this.#repeat(async () => {
      const response = await fetch(url, { method: 'PUT', headers, body: new Uint8Array(bytes) });
      return { status: response.status, headers: response.headers, text: await response.text(), json: null };
    });
    if (status !== 200) throw new Error(`PUT of an upload: ${status}`);
    return sent.get('etag') ?? '';
  }

  async get(url: string): Promise<{ status: number; bytes: Buffer }> {
    const response = await fetch(url);
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  }

  /** Reads a resource until `isOver`, by default until its status is final. */
  async until(path: string, isOver = ({ status }: Json) => isFinal(status)): Promise<Json> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const shown = await this.send('GET', path);
      if (isOver(shown)) return shown;
      if (performance.now() > end) throw new Error(`${path} is ${shown.status} after ${PATIENCE_MS} ms`);
      await sleep(PAUSE_MS, undefined, { signal: this.#signal });
    }
  }

  async #repeat(work: () => Promise<ApiResponse>): Promise<ApiResponse> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const response = await work().catch((error: unknown) => {
        if (performance.now() > end) throw error;
        return null;
      });
      if (response && !isTemporary(response)) return response;
      if (response && performance.now() > end) return response;
      await sleep(PAUSE_MS, undefined, { signal: this.#signal });
    }
  }
}

function isTemporary({ status, json }: ApiResponse): boolean {
  // An earlier request with the same key, whose response was lost, may still run.
  if (status === 409) return json?.code === 'idempotency_in_progress';
  return status === 429 || (status >= 500 && status !== 501);
}

export class Unexpected extends Error {
  readonly response: ApiResponse;

  constructor(request: string, response: ApiResponse) {
    super(`${request}: ${response.status} ${response.text.slice(0, 400)}`);
    this.response = response;
  }
}
