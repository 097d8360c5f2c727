import type { Readable } from 'node:stream';
import type { StoreSpace } from './embedded/space-headers.ts';

export type { StoreSpace };

export interface ObjectHead {
  size: number;
  contentType: string;
  lastModified: Date;
}

export interface ListedObject {
  key: string;
  size: number;
  lastModified: Date;
}

/** How long a call is repeated while the store is unreachable, beyond the backend's own retries. */
export interface Patience {
  ms: number;
  /** Ends the call at once. */
  signal: AbortSignal;
  /** Called each time the backend has given up because the store is unreachable. */
  onAway: () => void;
}

/** One request that a client sends unchanged: these headers are signed, so each must be sent with that value. */
export interface PresignedRequest {
  method: 'PUT';
  url: string;
  headers: Record<string, string>;
}

/** A part of an unfinished multipart upload. */
export interface StoredPart {
  /** 1 to 10,000. */
  partNumber: number;
  size: number;
  /** With its quotation marks. Names these very bytes: a part that is sent again gets another one. */
  etag: string;
}

/** A file of a tree that was stored. */
export interface StoredFile {
  key: string;
  size: number;
}

/** How a tree is stored. */
export interface TreeOptions {
  /** `name`: path below the folder, with slashes. */
  contentTypeOf: (name: string) => string;
  /** Name of the file that is stored last: who finds it finds all others. */
  entry?: string;
  patience?: Patience;
}

/** Objects larger than one PUT should carry, in parts that clients send. Readers see nothing before `completeMultipart`. */
interface MultipartStore {
  /** Begins an upload and returns its id. */
  createMultipart(key: string, options: { contentType: string }): Promise<string>;
  /** For one PUT of exactly `size` bytes as that part. Every part but the last needs 5 MiB at least. */
  presignPart(
    key: string,
    part: { uploadId: string; partNumber: number; size: number; expiresIn: number },
  ): Promise<PresignedRequest>;
  /** In the order of their numbers; null when there is no such upload (any more). */
  listParts(key: string, uploadId: string): Promise<StoredPart[] | null>;
  /**
   * Makes these parts one object, atomically. False when there is no such upload: it was aborted or swept, or an earlier
   * call completed it whose answer was lost (`head` shows which). Rejects with `StorageError` when the parts are not those that
   * are stored (`code` InvalidPart), not in order (InvalidPartOrder) or too small (EntityTooSmall).
   */
  completeMultipart(key: string, uploadId: string, parts: Pick<StoredPart, 'partNumber' | 'etag'>[]): Promise<boolean>;
  /** Drops the parts; no error when there is no such upload. */
  abortMultipart(key: string, uploadId: string): Promise<void>;
}

/** Many objects under one prefix, which ends with a slash. */
interface TreeStore {
  /** Stores all files below the folder. Rejects with `StorageError` for links and anything else that is not a plain file. */
  putTree(prefix: string, folder: string, options: TreeOptions): Promise<StoredFile[]>;
  /** Objects with that prefix in the order of their keys' UTF-8 bytes, page by page: no more than one page is in memory. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Deletes all that lies under the prefix when it is called. Returns how many. */
  deletePrefix(prefix: string): Promise<number>;
}

/** What some stores can do beyond S3. A member that is missing is something that this store cannot do. */
export interface Capabilities {
  /** Host path of the object's bytes, which lie on this machine; null when there is no such object. */
  localPath?(key: string): Promise<string | null>;
  /**
   * Takes back what was signed: deletes, and refuses every PUT to the key until then, those included that have begun. False
   * when it was deleted and there was no room to note that it is closed.
   */
  closeKey?(key: string, until: Date): Promise<boolean>;
  /** How much the disk behind it has left. As cheap as `ping`, and like it not repeated for long. */
  space?(): Promise<StoreSpace>;
}

/**
 * One bucket of any backend. Every method rejects with `StorageError` (`retry: true` when the store was
 * unreachable or answered 5xx). Keys are relative, without a leading slash.
 */
export interface ObjectStore extends MultipartStore, TreeStore {
  readonly bucket: string;
  /** For one PUT of exactly `size` bytes with exactly `contentType`; lives `expiresIn` seconds. */
  presignPut(key: string, options: { contentType: string; size: number; expiresIn: number }): Promise<PresignedRequest>;
  /** URL for GET; answers with that content type and as an attachment of that name; lives `expiresIn` seconds. */
  presignGet(key: string, options: { filename: string; contentType: string; expiresIn: number }): Promise<string>;
  /** Null when there is no such object. */
  head(key: string): Promise<ObjectHead | null>;
  /** Streams the object or the inclusive byte range; null when there is no such object. */
  get(key: string, range?: { start: number; end: number }): Promise<Readable | null>;
  /** Stores a file of the host under the key, atomically: readers see all of it or nothing. */
  putFile(
    key: string,
    path: string,
    options: { contentType: string; size: number; patience?: Patience },
  ): Promise<void>;
  /** Server-side copy; replaces the target. False when the source is not there. */
  copy(from: string, to: string): Promise<boolean>;
  /** Deletes; no error when it was not there. */
  delete(key: string): Promise<void>;
  /** Asked of the store once, where that is needed: what lies behind an address does not change its kind. */
  capabilities(): Promise<Capabilities>;
  /** Cheap check for health: rejects when the store does not answer. */
  ping(): Promise<void>;
  /** Closes idle connections; calls under way end first. */
  close(): Promise<void>;
}

export class StorageError extends Error {
  readonly retry: boolean;
  readonly status: number | null;
  /** The store's own word for it, as S3 has them. */
  readonly code: string | null;
  constructor(
    message: string,
    options: { retry: boolean; status?: number | null; code?: string | null; cause?: unknown },
  ) {
    super(message, { cause: options.cause });
    this.name = 'StorageError';
    this.retry = options.retry;
    this.status = options.status ?? null;
    this.code = options.code ?? null;
  }
}
