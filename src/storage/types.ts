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

/** Retries while the store is unreachable, in addition to the retries of the backend. */
export interface OutagePolicy {
  ms: number;
  /** Aborts the call. */
  signal: AbortSignal;
  /** Called each time that the backend stops retrying because the store is unreachable. */
  onUnreachable: () => void;
}

/** A file of the host that becomes an object. */
export interface FileOptions {
  contentType: string;
  size: number;
  outagePolicy?: OutagePolicy;
}

/** A presigned request. The headers are signed, so the client must send each of them with this value. */
export interface PresignedRequest {
  method: 'PUT';
  url: string;
  headers: Record<string, string>;
}

/** A part of an unfinished multipart upload. */
export interface StoredPart {
  /** Part number, from 1 to 10,000. */
  partNumber: number;
  size: number;
  /** Entity tag of these bytes, with its quotation marks. A part that is sent again gets a new entity tag. */
  etag: string;
  /** Time by the store's clock. An invalid date if the store doesn't report the time. */
  storedAt: Date;
}

/**
 * Uploads in parts, for objects that are too large for one PUT. The object appears when `completeMultipart` resolves.
 */
interface MultipartStore {
  /** Begins an upload and returns its id. `partSize`: the size of every part but the last, if these parts have the same size. */
  createMultipart(key: string, options: { contentType: string; partSize?: number }): Promise<string>;
  /** Signs a URL for one PUT of exactly `size` bytes as the given part. Every part except the last needs at least 5 MiB. */
  presignPart(
    key: string,
    part: { uploadId: string; partNumber: number; size: number; expiresIn: number },
  ): Promise<PresignedRequest>;
  /** Stores one part and returns its entity tag. Every part except the last needs at least 5 MiB. */
  putPart(
    key: string,
    part: { uploadId: string; partNumber: number; bytes: Buffer; outagePolicy?: OutagePolicy },
  ): Promise<string>;
  /** Returns the stored parts in the order of their numbers, or null if the upload does not exist. */
  listParts(key: string, uploadId: string): Promise<StoredPart[] | null>;
  /**
   * Combines these parts into one object, atomically. Returns false if the upload does not exist: it was aborted or swept, or an earlier
   * call whose response was lost completed it (`head` shows which). Rejects with `StorageError` if a part differs from the stored part
   * (`code` InvalidPart), is out of order (InvalidPartOrder) or is too small (EntityTooSmall).
   */
  completeMultipart(
    key: string,
    uploadId: string,
    parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[],
    outagePolicy?: OutagePolicy,
  ): Promise<boolean>;
  /** Deletes the parts. Succeeds if the upload does not exist. */
  abortMultipart(key: string, uploadId: string): Promise<void>;
}

/** Many objects under one prefix, which ends with a slash. */
interface TreeStore {
  /** Yields objects with that prefix in the order of their keys' UTF-8 bytes. Keeps one page in memory. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /**
   * Deletes all objects that have the prefix at the time of the call, page by page. After a failure, a later call continues. A failure of
   * one key does not affect the others. Rejects if the store does not respond.
   */
  deletePrefix(prefix: string): Promise<DeletedPrefix>;
}

/** An object that a client has uploaded, or an upload of which a client has sent a part. */
export interface StoredUpload {
  key: string;
  /** Number of parts that are stored; 0 for an object. */
  parts: number;
}

/** Extensions beyond S3. A store without an extension omits the member. */
export interface Capabilities {
  /** Host path of an object on this machine; null if the object does not exist. */
  localPath?(key: string): Promise<string | null>;
  /**
   * Publishes a file of this machine under the key, atomically, by moving the file without copying bytes. Only the account of this process
   * may own the file, and no process may have it open for writing. Returns false if the store cannot move the file, which then stays in its
   * place.
   */
  handOver?(key: string, path: string, options: FileOptions): Promise<boolean>;
  /**
   * Revokes signed URLs: deletes the object, and rejects every PUT to the key until `until`, including PUTs that have already begun.
   * Returns false if there was no space to record that the key is closed; the object is deleted in this case too.
   */
  closeKey?(key: string, until: Date): Promise<boolean>;
  /**
   * Reads a stored part of an incomplete upload. Resolves with null if the part is not stored. `etag` identifies the part's bytes for
   * `completeMultipart`. Rejects if the upload does not exist.
   */
  readPart?(key: string, uploadId: string, partNumber: number): Promise<{ body: Readable; etag: string } | null>;
  /**
   * Reports uploads as they arrive, from `onOpen` on. Resolves when the connection ends or the signal aborts. Uploads that arrive between
   * that time and the next `onOpen` are not reported. Rejects if the store doesn't respond.
   */
  followStored?(
    handlers: { onOpen: () => void; onStored: (stored: StoredUpload) => void },
    signal: AbortSignal,
  ): Promise<void>;
  /** Returns the free space on the store's disk. The call is as cheap as `ping`, and is also retried only briefly. */
  space?(): Promise<StoreSpace>;
}

export interface DeletedMany {
  /** Keys that no longer exist. */
  deleted: string[];
  /** Errors of keys that could not be deleted. */
  failed: Map<string, StorageError>;
}

export interface DeletedPrefix {
  /** Number of objects that were deleted. */
  deleted: number;
  /** The first error of an object that could not be deleted. Null if no object is left. */
  error: StorageError | null;
}

export interface Copied {
  /** Bytes. Null if the store does not report the size. */
  size: number | null;
}

/**
 * One bucket of any backend. Every method rejects with `StorageError` (`retry: true` if the store was unreachable or responded with 5xx).
 * Keys are relative, without a leading slash.
 */
export interface ObjectStore extends MultipartStore, TreeStore {
  readonly bucket: string;
  /** Whether all parts of a multipart upload but the last must have the same size. */
  readonly equalParts: boolean;
  /** Scheme, host and port of signed URLs, which a browser must be allowed to connect to. */
  readonly publicOrigin: string;
  /** Signs one PUT of exactly `size` bytes with exactly `contentType`. Expires after `expiresIn` seconds. */
  presignPut(key: string, options: { contentType: string; size: number; expiresIn: number }): Promise<PresignedRequest>;
  /** Signs a URL for GET, which responds with that content type and file name. Expires after `expiresIn` seconds. */
  presignGet(key: string, options: { filename: string; contentType: string; expiresIn: number }): Promise<string>;
  /** Null if the object does not exist. */
  head(key: string): Promise<ObjectHead | null>;
  /** Streams the object or the inclusive byte range; null if the object does not exist. */
  get(key: string, range?: { start: number; end: number }): Promise<Readable | null>;
  /** Stores a file of the host under the key, atomically: readers see either the complete file or nothing. */
  putFile(key: string, path: string, options: FileOptions): Promise<void>;
  /** Server-side copy; replaces the target. Null if the source does not exist. */
  copy(from: string, to: string): Promise<Copied | null>;
  /** Deletes an object. Succeeds if the object does not exist. */
  delete(key: string): Promise<void>;
  /**
   * Deletes objects: many in one request if the store supports that, otherwise several concurrently. A failure of one key does not affect
   * the others. Rejects only if a request for many keys gets no response. Keys in neither list were not tried, because the store stopped
   * responding.
   */
  deleteMany(keys: readonly string[]): Promise<DeletedMany>;
  /**
   * Returns the extensions of the store. Sends no request after the first response, since the kind of store at an address does not change.
   */
  capabilities(): Promise<Capabilities>;
  /** Cheap health check. Rejects if the store does not respond. */
  ping(): Promise<void>;
  /** Closes connections after running calls have ended. */
  close(): Promise<void>;
}

export class StorageError extends Error {
  readonly retry: boolean;
  readonly status: number | null;
  /** The store's S3 error code. */
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

  /** Whether the store did not respond. */
  get isUnreachable(): boolean {
    return this.retry && this.status === null;
  }
}
