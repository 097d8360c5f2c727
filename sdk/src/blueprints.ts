import { downloadChunks, filesOf } from './download.ts';
import { JobError } from './errors.ts';
import { type EventsOptions, followEvents, type StreamEvent } from './events.ts';
import type { Control, SaveControl } from './kinds.ts';
import { eachItem } from './pages.ts';
import { remoteUrl } from './source.ts';
import { randomKey, type Transport } from './transport.ts';
import type { Input, QueryOf, RequestControl, Schemas, Upload } from './types.ts';
import { isFinal, isLastOfJob } from './wait.ts';

export type BlueprintRun = Schemas['BlueprintRun'];

/** Inputs by name. A media input can be anything that `upload` accepts. All other inputs are strings, numbers or booleans. */
export type BlueprintInputs = Record<string, Input | string | number | boolean | null | undefined>;

/** The part of the client that `Blueprints` uses. */
interface Uploads {
  upload(input: Input, control: Control): Promise<Upload>;
  deleteUpload(filename: string): Promise<void>;
}

/** Seconds of each `?wait=` after the first. They are shorter than the usual idle timeouts of proxies. */
const WAIT_SECONDS = 25;

/** Blueprints, which are ready-made recipes for videos, and their runs. */
export class Blueprints {
  readonly #transport: Transport;
  readonly #uploads: Uploads;
  readonly #retries: number;

  constructor(transport: Transport, uploads: Uploads, retries: number) {
    this.#transport = transport;
    this.#uploads = uploads;
    this.#retries = retries;
  }

  /** Returns all blueprints, with their inputs as JSON Schemas. */
  async list({ signal }: Pick<Control, 'signal'> = {}): Promise<Schemas['Blueprint'][]> {
    return (await this.#transport.json<Schemas['BlueprintList']>('GET', '/v1/blueprints', { signal })).items;
  }

  /**
   * Uploads the media inputs that are files, creates a run, and waits until the run ends or awaits a review. Throws `JobError` if the run
   * fails or is canceled.
   */
  async run(slug: string, inputs: BlueprintInputs, control: Control & RequestControl = {}): Promise<BlueprintRun> {
    const uploads: Upload[] = [];
    let created: Schemas['CreatedBlueprintRun'] | null = null;
    try {
      const body = await this.#uploadMedia(slug, inputs, uploads, control);
      created = await this.create(slug, body, control);
      return resting(await this.wait(created.id, control));
    } catch (error) {
      // Cancels a run for which the caller no longer waits, and deletes uploads that no run uses.
      if (created && control.signal?.aborted) await this.cancel(created.id).catch(() => {});
      if (!created) for (const { filename } of uploads) await this.#uploads.deleteUpload(filename).catch(() => {});
      throw error;
    }
  }

  /** Creates a run and returns immediately. Media inputs must be URLs. */
  create(
    slug: string,
    inputs: Record<string, unknown>,
    control: RequestControl = {},
  ): Promise<Schemas['CreatedBlueprintRun']> {
    const { idempotencyKey = randomKey(), signal } = control;
    const options = { body: inputs, idempotencyKey, signal, repeatable: true };
    return this.#transport.json('POST', `/v1/blueprints/${encodeURIComponent(slug)}/runs`, options);
  }

  get(id: string, { signal }: Pick<Control, 'signal'> = {}): Promise<BlueprintRun> {
    return this.#transport.json('GET', pathOf(id), { signal });
  }

  /** Lists all runs, newest first. Requests each page when you reach it. */
  runs(query: Omit<QueryOf<'/v1/blueprints/runs'>, 'page'> = {}, { signal }: Pick<Control, 'signal'> = {}) {
    return eachItem((cursor) => {
      const options = { signal, query: { limit: 100, ...query, ...cursor } };
      return this.#transport.json<Schemas['BlueprintRunJobList']>('GET', '/v1/blueprints/runs', options);
    });
  }

  /** Waits until a run is final or awaits a review, and returns the run, regardless of its result. */
  async wait(id: string, { onProgress, signal }: Control = {}): Promise<BlueprintRun> {
    for (let seconds = 1; ; seconds = WAIT_SECONDS) {
      const query = { wait: seconds };
      const run = await this.#transport.json<BlueprintRun>('GET', pathOf(id), { query, signal });
      if (isFinal(run) || run.status === 'awaiting_review') return run;
      onProgress?.({ stage: run.status === 'pending' ? 'queue' : 'encode', fraction: null });
    }
  }

  /** Continues a run that awaits a review with the reviewed subtitles, and waits for it as `run` does. */
  async continue(id: string, srtText: string, control: Control = {}): Promise<BlueprintRun> {
    const body = { srt_text: srtText };
    await this.#transport.json('POST', `${pathOf(id)}/continue`, { body, signal: control.signal });
    return resting(await this.wait(id, control));
  }

  /** Writes an output of a run to a file, and checks the SHA-256 of the file. Node only. */
  async save(id: string, path: string, { output, ...control }: SaveControl = {}): Promise<void> {
    const { saveFile } = await import('./node-files.ts');
    const [file] = await firstOf(filesOf(this.#transport, pathOf(id), { output, signal: control.signal }));
    const part = { name: output as string, size: file?.size ?? null };
    const chunks = downloadChunks(this.#transport, pathOf(id), part, { ...control, retries: this.#retries });
    await saveFile(path, chunks, { sha256: file?.sha256 ?? null });
  }

  async cancel(id: string): Promise<BlueprintRun> {
    return (await this.#transport.json<{ job: BlueprintRun }>('PATCH', `${pathOf(id)}/cancel`)).job;
  }

  /** Deletes the outputs and subtitles of a run, and the uploads that the run used, before the call returns. */
  async erase(id: string): Promise<void> {
    await this.#transport.json('DELETE', pathOf(id));
  }

  /** Returns the signed record of what Airlock deleted when the run was erased, and when. */
  receipt(id: string): Promise<Schemas['SignedReceipt']> {
    return this.#transport.json('GET', `${pathOf(id)}/receipt`);
  }

  /** Returns the events of a run as they happen. Resumes after the last event if the connection breaks, and ends when the run ends. */
  events(id: string, options: EventsOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    const rules = { ...options, retries: this.#retries, isLast: isLastOfJob };
    return followEvents(this.#transport, `${pathOf(id)}/events`, rules);
  }

  /** Uploads the media inputs that are files, and returns the inputs with the URLs of the uploads instead. */
  async #uploadMedia(
    slug: string,
    inputs: BlueprintInputs,
    uploads: Upload[],
    { onProgress, signal }: Control,
  ): Promise<Record<string, unknown>> {
    const body: Record<string, unknown> = { ...inputs };
    const found = (await this.list({ signal })).find((blueprint) => blueprint.slug === slug);
    const properties = (found?.inputs.properties ?? {}) as Record<string, object>;
    for (const [name, value] of Object.entries(inputs)) {
      if (!('x-media' in (properties[name] ?? {})) || value === undefined || value === null || value === '') continue;
      const url = remoteUrl(value as Input);
      if (url === null) uploads.push(await this.#uploads.upload(value as Input, { onProgress, signal }));
      body[name] = url ?? uploads.at(-1)!.fileUrl;
    }
    return body;
  }
}

/** Returns the first item, or nothing if there is none. An output of a run has only one file. */
async function firstOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  for await (const item of items) return [item];
  return [];
}

function pathOf(id: string): string {
  return `/v1/blueprints/runs/${encodeURIComponent(id)}`;
}

function resting(run: BlueprintRun): BlueprintRun {
  if (run.status !== 'completed' && run.status !== 'awaiting_review') throw new JobError({ ...run, outputs: [] });
  return run;
}
