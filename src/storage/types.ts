import type { Readable } from 'node:stream';
import type { StoreSpace } from './space-headers.ts';

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

/** How long a call is repeated while the store is away; without it for about a second. */
export interface Patience {
  ms: number;
  /** Ends the call at once. */
  signal: AbortSignal;
  /** Called each time the store is found away after that second. */
  onAway: () => void;
}

/**
 * One bucket, whatever lies behind it. Every method rejects with `StorageError` (`retry: true` when the store was
 * unreachable or answered 5xx). Keys are relative, without a leading slash.
 */
export interface ObjectStore {
  readonly bucket: string;
  /** URL for one PUT of exactly `size` bytes with exactly `contentType`; lives `expiresIn` seconds. */
  presignPut(key: string, options: { contentType: string; size: number; expiresIn: number }): Promise<string>;
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
  /** Whether this store can take back what it has signed: the embedded gateway can, S3 cannot. */
  closesKeys(): Promise<boolean>;
  /**
   * Deletes, and refuses every PUT to the key until then, those included that have begun. False when it was only deleted, as by
   * a store that cannot do more: a signed URL may bring other bytes as long as it lives.
   */
  closeKey(key: string, until: Date): Promise<boolean>;
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Host path of the object's bytes when the store lies on this machine (embedded gateway), else null. */
  localPath(key: string): Promise<string | null>;
  /** Cheap check for health: rejects when the store does not answer. */
  ping(): Promise<void>;
  /** How much the disk behind it has left; null when the store is not the embedded gateway. As cheap as `ping`. */
  space(): Promise<StoreSpace | null>;
  /** Closes idle connections; calls under way end first. */
  close(): Promise<void>;
}

export class StorageError extends Error {
  readonly retry: boolean;
  readonly status: number | null;
  constructor(message: string, options: { retry: boolean; status?: number | null; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'StorageError';
    this.retry = options.retry;
    this.status = options.status ?? null;
  }
}
