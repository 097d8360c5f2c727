import {
  type DownloadControl,
  downloadChunks,
  type FileChoice,
  filesOf,
  type LinkOptions,
  linkTo,
  outputOf,
} from './download.ts';
import { JobError } from './errors.ts';
import { type EventsOptions, followEvents, type StreamEvent } from './events.ts';
import { eachItem, type Page } from './pages.ts';
import type { paths } from './schema.ts';
import { randomKey, type Transport } from './transport.ts';
import type { AnswerOf, AnyJob, OnProgress, RequestControl, Schemas } from './types.ts';
import { isLastOfJob, waitForJob } from './wait.ts';

/** The part of the path that names a kind of job: `transcodes` in `/v1/transcodes`. */
export type KindPath = Exclude<
  { [P in keyof paths]: P extends `/v1/${infer Path}/{id}/files` ? Path : never }[keyof paths],
  // `Blueprints` has separate methods for runs.
  'blueprints/runs'
>;

type PathOf<Path extends string, Rest extends string = ''> = paths[`/v1/${Path}${Rest}` & keyof paths];
/** Paths of lists, for the kinds whose list has another path than their jobs. */
const LIST_PATHS = { transcribe: 'transcribes' } as const;
type ListPath<Path extends string> = Path extends keyof typeof LIST_PATHS ? (typeof LIST_PATHS)[Path] : Path;
type Listed<Path extends KindPath> = PathOf<ListPath<Path>> extends { get: infer O } ? O : never;

/** The types of a kind of job, derived from the OpenAPI document. */
export interface KindTypes<Job = AnyJob, Request = unknown, Item = unknown, Query = object> {
  job: Job;
  request: Request;
  /** A job in a list. */
  item: Item;
  /** Filters of the list. */
  query: Query;
}

export type TypesOf<Path extends KindPath> = KindTypes<
  PathOf<Path, '/{id}'> extends { get: infer O } ? Extract<AnswerOf<O>, AnyJob> : never,
  PathOf<Path> extends { post: { requestBody: { content: { 'application/json': infer Body } } } } ? Body : never,
  AnswerOf<Listed<Path>> extends { items: (infer Item)[] } ? Item : never,
  Listed<Path> extends { parameters: { query?: infer Query } } ? Omit<NonNullable<Query>, 'page'> : object
>;

/** Options of operations that take long. */
export interface Control {
  onProgress?: OnProgress | undefined;
  /** Aborting this signal ends the operation with the reason of the abort. The job of `transcode` and `run` is then canceled. */
  signal?: AbortSignal | undefined;
}

export interface SaveControl extends Control {
  /** Name of the output; required if the job has several outputs. */
  output?: string | undefined;
}

type OutputFiles = AsyncGenerator<Schemas['OutputFile'], void>;

/** A completed job and its outputs. */
export interface JobResult<Job> {
  job: Job;
  /** Returns a link to an output, or to one of its files, which works for ten minutes. */
  url(choice?: LinkOptions): Promise<string>;
  /** Returns the files of an output, in the order of their paths. An output that is one file has only that file. */
  files(options?: Pick<FileChoice, 'output'> & Pick<Control, 'signal'>): OutputFiles;
  /** Writes an output to a file, and checks its SHA-256 if it is known. An output with many files is saved as a zip. Node only. */
  save(path: string, control?: SaveControl): Promise<void>;
  /** Writes each file of an output below a directory, and checks the SHA-256 of each file. Node only. */
  saveFiles(directory: string, control?: SaveControl): Promise<void>;
  blob(control?: SaveControl): Promise<Blob>;
  /** Deletes the outputs and the uploads of the job now, instead of when their retention ends. */
  erase(): Promise<void>;
}

/** The jobs of one kind. */
export class Jobs<Types extends KindTypes> {
  readonly #transport: Transport;
  readonly #retries: number;
  readonly #path: string;
  readonly #listPath: string;

  /** `path` is the part of the path that names the kind, such as `transcodes`. */
  constructor(transport: Transport, path: string, retries: number) {
    this.#transport = transport;
    this.#path = `/v1/${path}`;
    this.#listPath = `/v1/${(LIST_PATHS as Record<string, string>)[path] ?? path}`;
    this.#retries = retries;
  }

  /** Creates a job and returns immediately. */
  create(request: Types['request'], control: RequestControl = {}): Promise<Types['job']> {
    const { idempotencyKey = randomKey(), signal } = control;
    const options = { body: request, idempotencyKey, signal, repeatable: true };
    return this.#transport.json('POST', this.#path, options);
  }

  get(id: string, control: RequestControl = {}): Promise<Types['job']> {
    return this.#transport.json('GET', this.#pathOf(id), control);
  }

  /** Lists all jobs of the kind, newest first. Requests each page when you reach it. */
  list(
    query: Partial<Types['query']> = {},
    { signal }: Pick<Control, 'signal'> = {},
  ): AsyncGenerator<Types['item'], void> {
    return eachItem((cursor) => {
      const options = { signal, query: { limit: 100, ...query, ...cursor } };
      return this.#transport.json<Page<Types['item']>>('GET', this.#listPath, options);
    });
  }

  /** Waits until a job is final, and returns the job, regardless of its result. */
  wait(id: string, control: Control = {}): Promise<Types['job']> {
    return waitForJob(this.#transport, this.#pathOf(id), { ...control, retries: this.#retries });
  }

  /** Creates a job and waits for it. Throws `JobError` unless the job completes. */
  async run(request: Types['request'], control: Control & RequestControl = {}): Promise<JobResult<Types['job']>> {
    const { id } = await this.create(request, control);
    try {
      return this.resultOf(await this.wait(id, control));
    } catch (error) {
      // If the caller no longer waits for the job, the job is canceled.
      if (control.signal?.aborted) await this.cancel(id).catch(() => {});
      throw error;
    }
  }

  async cancel(id: string): Promise<Types['job']> {
    return (await this.#transport.json<{ job: Types['job'] }>('PATCH', `${this.#pathOf(id)}/cancel`)).job;
  }

  /** Deletes the outputs of a job, and the uploads that the job used, before the call returns. */
  async erase(id: string): Promise<void> {
    await this.#transport.json('DELETE', this.#pathOf(id));
  }

  /** Returns the signed record of what Airlock deleted when the job was erased, and when. */
  receipt(id: string): Promise<Schemas['SignedReceipt']> {
    return this.#transport.json('GET', `${this.#pathOf(id)}/receipt`);
  }

  /** Returns a link to an output, which works for ten minutes. Completed outputs of a failed job also have a link. */
  download(id: string, options: LinkOptions = {}): Promise<string> {
    return linkTo(this.#transport, this.#pathOf(id), options);
  }

  /** Returns the files of an output, in the order of their paths. */
  files(id: string, options: Pick<FileChoice, 'output'> & Pick<Control, 'signal'> = {}): OutputFiles {
    return filesOf(this.#transport, this.#pathOf(id), options);
  }

  /**
   * Returns the events of a job as they happen. If the connection breaks, resumes after the last event. Ends with the last event of the
   * job.
   */
  events(id: string, options: EventsOptions = {}): AsyncGenerator<StreamEvent, void, undefined> {
    const rules = { ...options, retries: this.#retries, isLast: isLastOfJob };
    return followEvents(this.#transport, `${this.#pathOf(id)}/events`, rules);
  }

  /** Returns the outputs of a job that you have waited for. Throws `JobError` unless the job is completed. */
  resultOf<Job extends AnyJob = Types['job']>(job: Job): JobResult<Job> {
    if (job.status !== 'completed') throw new JobError(job);
    const path = this.#pathOf(job.id);
    const chunks = ({ output, ...control }: SaveControl & Pick<DownloadControl, 'onType'>) =>
      downloadChunks(this.#transport, path, outputOf(job, output), { ...control, retries: this.#retries });
    return {
      job,
      url: (choice = {}) => linkTo(this.#transport, path, choice),
      files: (options = {}) => filesOf(this.#transport, path, options),
      async save(target, control = {}) {
        const { saveFile } = await nodeFiles();
        await saveFile(target, chunks(control), outputOf(job, control.output));
      },
      saveFiles: (directory, control = {}) => this.#saveFiles(job, directory, control),
      async blob(control = {}) {
        const parts: Uint8Array<ArrayBuffer>[] = [];
        let type = '';
        const onType = (found: string) => (type = found);
        for await (const chunk of chunks({ ...control, onType })) parts.push(new Uint8Array(chunk));
        return new Blob(parts, { type });
      },
      erase: () => this.erase(job.id),
    };
  }

  async #saveFiles(job: AnyJob, directory: string, { output, ...control }: SaveControl): Promise<void> {
    const { saveBelow } = await nodeFiles();
    const path = this.#pathOf(job.id);
    const { name } = outputOf(job, output);
    for await (const file of filesOf(this.#transport, path, { output: name, signal: control.signal })) {
      const part = { name, size: file.size, file: file.path };
      await saveBelow(
        directory,
        file,
        downloadChunks(this.#transport, path, part, { ...control, retries: this.#retries }),
      );
    }
  }

  #pathOf(id: string): string {
    return `${this.#path}/${encodeURIComponent(id)}`;
  }
}

/** Loaded only when files are written, because the module requires Node. */
const nodeFiles = () => import('./node-files.ts');
