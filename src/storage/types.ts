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

/** Retries while the store is unreachable, beyond the retries of the backend. */
export interface OutagePolicy {
  ms: number;
  /** Aborts the call. */
  signal: AbortSignal;
  /** Called each time that the backend gives up because the store is unreachable. */
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
  /** 1 to 10,000. */
  partNumber: number;
  size: number;
  /** Entity tag of these bytes, with its quotation marks. A part that is sent again gets a new one. */
  etag: string;
  /** By the clock of the store. Invalid if the store doesn't report it. */
  storedAt: Date;
}

/**
 * Uploads in parts, for objects that are too large for one PUT. The object appears when `completeMultipart` resolves.
 */
interface MultipartStore {
  /** Begins an upload and returns its id. `partSize`: the size of every part but the last, if all have one size. */
  createMultipart(key: string, options: { contentType: string; partSize?: number }): Promise<string>;
  /** Signs a URL for one PUT of exactly `size` bytes as that part. Every part except the last needs at least 5 MiB. */
  presignPart(
    key: string,
    part: { uploadId: string; partNumber: number; size: number; expiresIn: number },
  ): Promise<PresignedRequest>;
  /** Stores one part and returns its entity tag. Every part except the last needs at least 5 MiB. */
  putPart(
    key: string,
    part: { uploadId: string; partNumber: number; bytes: Buffer; outagePolicy?: OutagePolicy },
  ): Promise<string>;
  /** The stored parts by number; null when there is no such upload. */
  listParts(key: string, uploadId: string): Promise<StoredPart[] | null>;
  /**
   * Combines these parts into one object, atomically. Returns false when there is no such upload: it was aborted or
   * swept, or an earlier call whose response was lost completed it (`head` shows which). Rejects with `StorageError`
   * when a part differs from the stored one (`code` InvalidPart), is out of order (InvalidPartOrder) or is too small
   * (EntityTooSmall).
   */
  completeMultipart(
    key: string,
    uploadId: string,
    parts: readonly Pick<StoredPart, 'partNumber' | 'etag'>[],
    outagePolicy?: OutagePolicy,
  ): Promise<boolean>;
  /** Deletes the parts. No error when there is no such upload. */
  abortMultipart(key: string, uploadId: string): Promise<void>;
}

/** Many objects under one prefix, which ends with a slash. */
interface TreeStore {
  /** Yields objects with that prefix in the order of their keys' UTF-8 bytes. Keeps one page in memory. */
  list(prefix: string): AsyncIterable<ListedObject>;
  /**
   * Deletes all objects that have the prefix at the time of the call, page by page; a later call continues one that
   * failed. A failure of one key does not affect the others. Rejects when the store does not respond.
   */
  deletePrefix(prefix: string): Promise<DeletedPrefix>;
}

/** An object that a client has uploaded, or an upload of which a part has arrived. */
export interface StoredUpload {
  key: string;
  /** Number of parts that are stored; 0 for an object. */
  parts: number;
}

/** Extensions beyond S3. A store without an extension omits the member. */
export interface Capabilities {
  /** Host path of an object on this machine; null when there is no such object. */
  localPath?(key: string): Promise<string | null>;
  /**
   * Publishes a file of this machine under the key, atomically, by moving it: no byte is copied. The file must belong to
   * this process' account alone, and nothing may have it open for writing. Returns false if the store cannot take it; the
   * file is then still there.
   */
  handOver?(key: string, path: string, options: FileOptions): Promise<boolean>;
  /**
   * Revokes signed URLs: deletes the object, and rejects every PUT to the key until `until`, including those that have
   * begun. Returns false when there was no space to record that the key is closed; the object is deleted.
   */
  closeKey?(key: string, until: Date): Promise<boolean>;
  /**
   * Reads a stored part of an incomplete upload; null if the part is not stored. `etag` identifies these bytes for
   * `completeMultipart`. Rejects if the upload does not exist.
   */
  readPart?(key: string, uploadId: string, partNumber: number): Promise<{ body: Readable; etag: string } | null>;
  /**
   * Reports uploads as they arrive, from `onOpen` on. Resolves when the connection ends or the signal aborts: uploads that arrive before the
   * next `onOpen` are not reported. Rejects if the store doesn't respond.
   */
  followStored?(
    handlers: { onOpen: () => void; onStored: (stored: StoredUpload) => void },
    signal: AbortSignal,
  ): Promise<void>;
  /** Free space on the store's disk. As cheap as `ping`, and like it retried only briefly. */
  space?(): Promise<StoreSpace>;
}

export interface DeletedMany {
  /** Keys that do not exist any more. */
  deleted: string[];
  /** Why keys could not be deleted. */
  failed: Map<string, StorageError>;
}

export interface DeletedPrefix {
  /** Number of objects that were deleted. */
  deleted: number;
  /** Why some could not be deleted: the first reason. Null if none is left. */
  error: StorageError | null;
}

export interface Copied {
  /** Bytes; null for a store that does not report it. */
  size: number | null;
}

/**
 * One bucket of any backend. Every method rejects with `StorageError` (`retry: true` when the store was
 * unreachable or responded with 5xx). Keys are relative, without a leading slash.
 */
export interface ObjectStore extends MultipartStore, TreeStore {
  readonly bucket: string;
  /** Whether all parts of a multipart upload but the last must have one size. */
  readonly equalParts: boolean;
  /** Scheme, host and port of signed URLs: what a browser must be allowed to reach. */
  readonly publicOrigin: string;
  /** Signs one PUT of exactly `size` bytes with exactly `contentType`. Expires after `expiresIn` seconds. */
  presignPut(key: string, options: { contentType: string; size: number; expiresIn: number }): Promise<PresignedRequest>;
  /** Signs a URL for GET, which responds with that content type and file name. Expires after `expiresIn` seconds. */
  presignGet(key: string, options: { filename: string; contentType: string; expiresIn: number }): Promise<string>;
  /** Null when there is no such object. */
  head(key: string): Promise<ObjectHead | null>;
  /** Streams the object or the inclusive byte range; null when there is no such object. */
  get(key: string, range?: { start: number; end: number }): Promise<Readable | null>;
  /** Stores a file of the host under the key, atomically: readers see all of it or nothing. */
  putFile(key: string, path: string, options: FileOptions): Promise<void>;
  /** Server-side copy; replaces the target. Null when the source is not there. */
  copy(from: string, to: string): Promise<Copied | null>;
  /** Deletes an object. No error when it does not exist. */
  delete(key: string): Promise<void>;
  /**
   * Deletes objects, many in one request where the store can, else several at a time. A failure of one key does not
   * affect the others. Rejects only when a request for many keys gets no response. Keys that are in neither list were
   * not tried, because the store stopped responding.
   */
  deleteMany(keys: readonly string[]): Promise<DeletedMany>;
  /** Asks the store at most once, since the kind of store behind an address does not change. */
  capabilities(): Promise<Capabilities>;
  /** Cheap health check. Rejects when the store does not respond. */
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
