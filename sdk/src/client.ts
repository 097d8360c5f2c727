import { Blueprints } from './blueprints.ts';
import { Connections } from './connections.ts';
import type { LinkOptions } from './download.ts';
import { type EventsOptions, followEvents, type StreamEvent } from './events.ts';
import { type Control, type JobResult, Jobs, type KindPath, type KindTypes, type TypesOf } from './kinds.ts';
import { eachItem } from './pages.ts';
import { openSource, remoteUrl, type SourceOptions } from './source.ts';
import { Templates } from './templates.ts';
import { openTransport, type RequestOptions, type Transport } from './transport.ts';
import type {
  AnswerOf,
  AnyJob,
  CallOptions,
  Input,
  Job,
  Method,
  OperationOf,
  PathsWith,
  Probe,
  QueryOf,
  RequestControl,
  Schemas,
  TranscodeRequest,
  Upload,
} from './types.ts';
import { uploadSource } from './upload.ts';
import { createWithUploads } from './upload-with-job.ts';

export interface AirlockOptions {
  /** Address of the server. In Node, the default is `AIRLOCK_URL`. */
  url?: string | undefined;
  /** API key. In Node, the default is `AIRLOCK_API_KEY`. If null, requests contain no key, because your own server adds the key. */
  key?: string | null | undefined;
  /** Sends requests instead of the global `fetch`, for instance through a proxy or to a server with its own certificate. */
  fetch?: typeof fetch;
  /** Maximum number of retries of a request or a transfer after a temporary failure. Defaults to 4. */
  retries?: number;
  /**
   * Milliseconds after which a request to the API without a response fails. Defaults to 60,000. Does not limit file transfers or complete
   * operations: pass `signal: AbortSignal.timeout(ms)` to them.
   */
  timeoutMs?: number;
}

export interface UploadOptions extends Control, SourceOptions {
  /** The `uploadId` of an interrupted upload in parts, which `onProgress` reports. Only the missing parts are sent. */
  resume?: string | undefined;
}

/** The fields of a job (docs/api/jobs.md), with `input` instead of `inputs`. */
export type TranscodeOptions = Omit<TranscodeRequest, 'inputs'> & {
  /** One file or URL, or several files that are joined one after the other. */
  input: Input | readonly Input[];
} & Control &
  SourceOptions &
  Pick<RequestControl, 'idempotencyKey'>;

/** A completed transcode and its outputs. */
export type TranscodeResult = JobResult<Job>;

/** Default milliseconds to wait for the response to a request. */
const REQUEST_MS = 60_000;
/** Maximum seconds for which the server waits for a worker that inspects the file. */
const PROBE_SECONDS = 60;

/** A client of an Airlock server. */
export class Airlock {
  /** A private field also at run time, so that printing the client does not reveal the key. */
  readonly #transport: Transport;
  readonly #retries: number;
  readonly #transcodes: Jobs<TypesOf<'transcodes'>>;
  /** Saved requests that jobs use by name, as `template`. */
  readonly templates: Templates;
  /** Your own buckets, which jobs use by name. */
  readonly connections: Connections;
  /** Blueprints, which are ready-made recipes for videos, and their runs. */
  readonly blueprints: Blueprints;

  constructor(options: AirlockOptions = {}) {
    const environment = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env ?? {};
    const url = options.url ?? environment.AIRLOCK_URL;
    const key = options.key === null ? null : (options.key ?? environment.AIRLOCK_API_KEY);
    if (!url) throw new TypeError('The URL of the server is missing. Pass url, or set AIRLOCK_URL.');
    if (key === undefined || key === '') {
      throw new TypeError(
        'The key is missing. Pass key, or set AIRLOCK_API_KEY. Pass null if your own server adds the key.',
      );
    }
    const { timeoutMs = REQUEST_MS } = options;
    if (!(timeoutMs > 0)) throw new TypeError('timeoutMs must be a positive number of milliseconds.');
    this.#retries = options.retries ?? 4;
    const fetcher = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.#transport = openTransport({ url, key, fetch: fetcher, timeoutMs, retries: this.#retries });
    this.#transcodes = this.kind('transcodes');
    this.templates = new Templates(this.#transport);
    this.connections = new Connections(this.#transport);
    this.blueprints = new Blueprints(this.#transport, this, this.#retries);
  }

  /** Creates the job, uploads the files that must be uploaded, and waits for the job. Throws `JobError` unless the job completes. */
  async transcode(options: TranscodeOptions): Promise<TranscodeResult> {
    const { onProgress, signal } = options;
    const control = { onProgress, signal };
    const job = await this.submit(options);
    try {
      return this.resultOf(await this.wait(job.id, control));
    } catch (error) {
      // If the caller no longer waits for the job, the job is canceled.
      if (signal?.aborted) await this.cancel(job.id).catch(() => {});
      throw error;
    }
  }

  /**
   * Creates the job, and uploads the files that must be uploaded. Returns after all bytes are sent. If an upload fails, the job is
   * canceled.
   */
  submit(options: TranscodeOptions & { onCreated?: (job: Job) => void }): Promise<Job> {
    const { input, onProgress, signal, filename, contentType, idempotencyKey, onCreated, ...request } = options;
    const control = { onProgress, signal };
    return createWithUploads(this.#transport, [input].flat() as Input[], {
      ...{ control, source: { filename, contentType }, retries: this.#retries },
      create: async (inputs) => {
        const job = await this.create({ ...request, inputs }, { signal, ...(idempotencyKey && { idempotencyKey }) });
        onCreated?.(job);
        return job;
      },
      upload: (one) => this.upload(one, { ...control, filename, contentType }),
      deleteUpload: (name) => this.deleteUpload(name),
      cancel: (id) => this.cancel(id),
    });
  }

  /** Returns URLs that play a ladder of a job in any browser, without a key. The URLs expire after six hours if `expires_in` is absent. */
  playback(
    id: string,
    options: Partial<Schemas['PlaybackRequest']> & Pick<RequestControl, 'signal'> = {},
  ): Promise<Schemas['Playback']> {
    const { signal, ...body } = options;
    return this.#transport.json('POST', `/v1/transcodes/${encodeURIComponent(id)}/playback`, { body, signal });
  }

  /** Uploads a file, in parts if it is large, and waits until the server has inspected it. */
  async upload(input: Input, options: UploadOptions = {}): Promise<Upload> {
    const { onProgress, signal, resume } = options;
    const source = await openSource(input, options);
    try {
      return await uploadSource(this.#transport, source, { onProgress, signal, resume, retries: this.#retries });
    } finally {
      await source.close?.();
    }
  }

  /** Deletes an upload that no job needs. If a job has used the upload, the upload is deleted together with the job. */
  async deleteUpload(filename: string): Promise<void> {
    await this.call('delete', '/v1/uploads/{filename}', { path: { filename } });
  }

  /**
   * Creates a token with which a web page can upload files, and do nothing else. Call this on your server, and pass the token to the page.
   * `origin` is the origin of the page.
   */
  createUploadToken({
    signal,
    ...body
  }: Schemas['UploadTokenRequest'] & Pick<RequestControl, 'signal'>): Promise<Schemas['UploadToken']> {
    return this.#transport.json('POST', '/v1/upload/tokens', { body, signal });
  }

  /**
   * Returns the jobs of a kind, which you name by its part of the path: `airlock.kind('transcodes').list({ status: 'failed' })`. The
   * methods below work on transcodes.
   */
  kind<Path extends KindPath>(path: Path): Jobs<TypesOf<Path>>;
  /** Returns the jobs of a kind that these types do not contain, such as a kind of a newer server. */
  kind(path: string): Jobs<KindTypes<AnyJob, Record<string, unknown>, AnyJob, Record<string, unknown>>>;
  kind(path: string): unknown {
    return new Jobs(this.#transport, path, this.#retries);
  }

  /** Creates a job and returns immediately. */
  create(request: TranscodeRequest, control: RequestControl = {}): Promise<Job> {
    return this.#transcodes.create(request, control);
  }

  get(id: string, control: RequestControl = {}): Promise<Job> {
    return this.#transcodes.get(id, control);
  }

  /** Waits until a job is final, and returns the job, regardless of its result. */
  wait(id: string, control: Control = {}): Promise<Job> {
    return this.#transcodes.wait(id, control);
  }

  cancel(id: string): Promise<Job> {
    return this.#transcodes.cancel(id);
  }

  /** Returns a link to an output, which works for ten minutes. Completed outputs of a failed job also have a link. */
  download(id: string, options: LinkOptions = {}): Promise<string> {
    return this.#transcodes.download(id, options);
  }

  /**
   * Delivers outputs of a finished job again: by default, every output whose delivery failed, to its earlier destination. Returns before
   * the deliveries end.
   */
  redeliver(id: string, request: Schemas['RedeliverRequest'] = {}): Promise<Schemas['Redelivery']> {
    return this.call('post', '/v1/transcodes/{id}/redeliver', { path: { id }, body: request });
  }

  /**
   * Creates a new job from the request of a job that has ended. Pass the same `idempotencyKey` if you repeat the call. Throws
   * `retry_not_possible` if an input is gone or a part of the request was deleted.
   */
  retry(id: string, options: { idempotencyKey?: string } = {}): Promise<Job> {
    return this.#transport.json<Job>('POST', `/v1/transcodes/${encodeURIComponent(id)}/retry`, options);
  }

  /** Deletes the outputs of a job, and the uploads that the job used, before the call returns. */
  erase(id: string): Promise<void> {
    return this.#transcodes.erase(id);
  }

  /** Returns the outputs of a job that you have waited for. Throws `JobError` unless the job is completed. */
  resultOf(job: Job): TranscodeResult {
    return this.#transcodes.resultOf(job);
  }

  /** Describes the contents of a file. A local file is uploaded, and the upload is deleted afterwards. */
  async probe(input: Input, options: UploadOptions = {}): Promise<Probe> {
    const remote = remoteUrl(input);
    if (remote) return this.#probeUrl(remote, options.signal);
    const { fileUrl, filename } = await this.upload(input, options);
    try {
      return await this.#probeUrl(fileUrl, options.signal);
    } finally {
      await this.deleteUpload(filename).catch(() => {});
    }
  }

  #probeUrl(url: string, signal?: AbortSignal): Promise<Probe> {
    return this.#transport.json<Probe>('POST', '/v1/probe', {
      body: { url },
      signal,
      serverSeconds: PROBE_SECONDS,
      repeatable: true,
    });
  }

  /** Returns whether a job would be accepted, and which commands it would run. Creates and fetches nothing. */
  validate(request: TranscodeRequest): Promise<Schemas['ValidateAnswer']> {
    return this.#transport.json('POST', '/v1/transcodes/validate', { body: request, repeatable: true });
  }

  /**
   * Returns the events of the account or of one job, as they happen. If the connection breaks, resumes after the last event. The stream of
   * a job ends with the last event of the job.
   */
  events(options: EventsOptions & { job?: string } = {}): AsyncGenerator<StreamEvent, void, undefined> {
    const { job, ...rest } = options;
    if (job !== undefined) return this.#transcodes.events(job, rest);
    return followEvents(this.#transport, '/v1/events', { ...rest, retries: this.#retries });
  }

  /** Lists all transcodes of the account, newest first. Requests each page when you reach it. */
  jobs(query: Omit<QueryOf<'/v1/transcodes'>, 'page'> = {}, control: Pick<Control, 'signal'> = {}) {
    return this.#transcodes.list(query, control);
  }

  /** Lists all uploads of the account, newest first. Requests each page when you reach it. */
  uploads(query: Omit<QueryOf<'/v1/uploads'>, 'page'> = {}, control: Pick<Control, 'signal'> = {}) {
    return eachItem(async (cursor) => {
      const options = { ...control, query: { limit: 100, ...query, ...cursor } };
      return (await this.call('get', '/v1/uploads', options)).result;
    });
  }

  /** Lists all stored deliveries of a webhook, newest first. Requests each page when you reach it. */
  deliveries(
    webhookId: string,
    query: Omit<QueryOf<'/v1/webhooks/{id}/deliveries'>, 'page'> = {},
    control: Pick<Control, 'signal'> = {},
  ) {
    const path = { id: webhookId };
    return eachItem((cursor) =>
      this.call('get', '/v1/webhooks/{id}/deliveries', {
        ...control,
        path,
        query: { limit: 100, ...query, ...cursor },
      }),
    );
  }

  /** Calls any operation of the API with its types: `airlock.call('get', '/v1/webhooks/{id}', { path: { id } })`. */
  call<M extends Method, P extends PathsWith<M>>(
    method: M,
    path: P,
    ...args: Record<never, never> extends CallOptions<OperationOf<M, P>>
      ? [options?: CallOptions<OperationOf<M, P>>]
      : [options: CallOptions<OperationOf<M, P>>]
  ): Promise<AnswerOf<OperationOf<M, P>>> {
    type Given = { path?: Record<string, string> } & RequestOptions;
    const [{ path: parameters, ...rest } = {}] = args as unknown as [Given?];
    const template: string = path;
    const filled = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters?.[name] ?? ''));
    return this.request(method.toUpperCase(), filled, rest);
  }

  /** Sends a request that the types do not contain, such as a request to a newer server. */
  request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    return this.#transport.json<T>(method, path, options);
  }
}
