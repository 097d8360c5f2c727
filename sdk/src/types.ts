import type { components, paths } from './schema.ts';

export type Schemas = components['schemas'];
export type Job = Schemas['Job'];
/** A job of any kind, with the fields that all kinds share. */
export interface AnyJob {
  id: string;
  status: string;
  outputs?: readonly AnyOutput[];
  progress?: number;
  speed?: number | null;
  eta_seconds?: number | null;
  queue_position?: number | null;
  error_code?: string | null;
  error_message?: string | null;
  error_advice?: string | null;
}

/** An output of a job, with the fields that downloads need. */
export interface AnyOutput {
  name: string;
  /** Total size in bytes; null unless the output is completed. */
  size: number | null;
  /** Number of the output's files; null unless the output is completed. */
  files: number | null;
  sha256: string | null;
}

export type TranscodeRequest = Schemas['TranscodeRequest'];
export type Probe = Schemas['ProbeAnswer'];
/** A confirmed upload, and its contents. `fileUrl` is the `url` of an input that uses the upload. */
export type Upload = Schemas['ConfirmResult'];

/**
 * A file: a `Blob` or `File`; bytes, such as a `Buffer`; a stream of bytes; a path (Node only); or a URL, from which the server fetches the
 * file. A string is a URL if it begins with `https://`, `http://` or `gs://`. A stream is first read to its end, in Node into a temporary
 * file, because an upload declares its size.
 */
export type Input = Blob | Uint8Array | ArrayBuffer | ByteStream | URL | string;

/** A `ReadableStream`, a stream of Node, or any other source of chunks. */
export type ByteStream = ReadableStream<Uint8Array> | AsyncIterable<Uint8Array>;

/** Progress of an operation. */
export interface Progress {
  /**
   * The stages in their order: `upload`, `inspect` (the server reads the upload), `queue`, `prepare` (the server fetches and reads the
   * inputs), `encode`, `store`, and `download`.
   */
  stage: 'upload' | 'inspect' | 'queue' | 'prepare' | 'encode' | 'store' | 'download';
  /** Progress of this stage from 0 to 1; null if the progress is unknown. */
  fraction: number | null;
  /** In `upload` and `download`: bytes so far and in total. */
  loaded?: number;
  total?: number;
  /** In an `upload` in parts: the value to pass as `resume` to continue the upload. */
  uploadId?: string;
  /** In `queue`: position in the queue; 1 for the next job. */
  position?: number | null;
  /** In `encode`: seconds of media encoded per second, and estimated seconds until the end. */
  speed?: number | null;
  etaSeconds?: number | null;
}

export type OnProgress = (progress: Progress) => void;

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The documented paths that have an operation with the method. */
export type PathsWith<M extends Method> = {
  [P in keyof paths]: [NonNullable<paths[P][M]>] extends [never] ? never : P;
}[keyof paths];

export type OperationOf<M extends Method, P extends keyof paths> = NonNullable<paths[P][M]>;

// These types compare tuples, so that they don't distribute over the operations of all paths. Otherwise, TypeScript needs 0.1 s to check the
// arguments of each call, because it compares the arguments with the options of all operations before it knows the path.
type PathParameters<O> = [O] extends [{ parameters: { path: infer T } }] ? { path: T } : { path?: never };
type QueryParameters<O> = [O] extends [{ parameters: { query?: infer T } }] ? { query?: T } : { query?: never };
/** The query parameters of a documented GET operation. */
export type QueryOf<P extends PathsWith<'get'>> = NonNullable<QueryParameters<OperationOf<'get', P>>['query']>;
type Body<O> = [O] extends [{ requestBody: { content: { 'application/json': infer T } } }]
  ? { body: T }
  : [O] extends [{ requestBody?: { content: { 'application/json': infer T } } }]
    ? { body?: T }
    : { body?: never };

export type CallOptions<O> = PathParameters<O> & QueryParameters<O> & Body<O> & RequestControl;

/** The type of the response of a documented operation if it succeeds. */
export type AnswerOf<O> = O extends { responses: infer R } ? JsonOf<R[keyof R & (200 | 201 | 202)]> : never;
type JsonOf<T> = T extends { content: { 'application/json': infer A } } ? A : never;

export interface RequestControl {
  /** The key to send as `Idempotency-Key`. The SDK generates a key for requests that create something, so that it can retry them. */
  idempotencyKey?: string;
  signal?: AbortSignal | undefined;
}
