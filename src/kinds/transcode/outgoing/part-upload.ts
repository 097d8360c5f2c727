import type { Run, WorkTools } from '../../../attempt/tools.ts';
import {
  forgetMultipart,
  RESERVED_SECONDS,
  recordMultipart,
  reserveGrowingOutput,
  sizeOutput,
} from '../../../jobs/outputs.ts';
import { type OutagePolicy, StorageError } from '../../../storage/types.ts';

/** Answers of stores that cannot combine these parts, such as those that want all of them equally large. */
const REFUSALS: ReadonlySet<string | null> = new Set(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

/** Stores an output in parts. The row of the output precedes the upload, and its id is recorded before any part. */
export interface PartUpload {
  /** Stores a part; replaces one of the same number. The first call begins the upload. */
  put(number: number, part: { bytes: Buffer; sha256: string }, patience: OutagePolicy): Promise<void>;
  /** Whether the store has that part, and with these bytes. */
  has(number: number, sha256?: string): boolean;
  /** Whether any part was stored. */
  hasAny(): boolean;
  /** Records what the output is. Throws `JobFailure` with `storage_quota`. Returns the id of its object. */
  size(facts: { size: number; sha256: string }): Promise<string>;
  /** Publishes the first `count` parts as one object. False if the store refuses to combine them. */
  complete(count: number, size: number, patience: OutagePolicy): Promise<boolean>;
  /** Deletes all parts, unless they were combined. The sweeper deletes them if this fails. */
  abort(): Promise<void>;
}

interface Begun {
  objectId: string;
  uploadId: string;
  keeping: NodeJS.Timeout;
}

export function openPartUpload(
  { context, logger }: WorkTools,
  run: Run,
  object: { key: string; contentType: string },
): PartUpload {
  const { store } = context;
  const { key, contentType } = object;
  const parts = new Map<number, { etag: string; sha256: string }>();
  let beginning: Promise<Begun> | null = null;
  let isCombined = false;

  async function begin(): Promise<Begun> {
    const objectId = await reserveGrowingOutput(context, run.claim, object);
    run.reserved(objectId);
    const uploadId = await store.createMultipart(key, { contentType });
    const record = () => recordMultipart(context, objectId, uploadId);
    await record().catch(async (error) => {
      await store.abortMultipart(key, uploadId);
      throw error;
    });
    // A reservation ends before a long encode does.
    const keep = () => void record().catch((err) => logger.warn({ err }, 'the reservation of an output was not kept'));
    return { objectId, uploadId, keeping: setInterval(keep, (RESERVED_SECONDS * 1000) / 4).unref() };
  }

  const begun = () => {
    beginning ??= begin();
    return beginning;
  };

  return {
    async put(number, { bytes, sha256 }, patience) {
      const { uploadId } = await begun();
      const etag = await store.putPart(key, { uploadId, partNumber: number, bytes, patience });
      parts.set(number, { etag, sha256 });
    },
    has: (number, sha256) => parts.has(number) && (sha256 === undefined || parts.get(number)!.sha256 === sha256),
    hasAny: () => parts.size > 0,

    async size(facts) {
      const { objectId } = await begun();
      await sizeOutput(context, run.claim, objectId, facts);
      return objectId;
    },

    async complete(count, size, patience) {
      const { uploadId, keeping } = await begun();
      const listed = Array.from({ length: count }, (_, index) => {
        const { etag } = parts.get(index + 1)!;
        return { partNumber: index + 1, etag };
      });
      isCombined = await store.completeMultipart(key, uploadId, listed, patience).catch((error: unknown) => {
        if (error instanceof StorageError && REFUSALS.has(error.code)) return false;
        throw error;
      });
      // An earlier call may have combined them, and its answer was lost.
      isCombined ||= (await store.head(key))?.size === size;
      clearInterval(keeping);
      return isCombined;
    },

    async abort() {
      const upload = await beginning?.catch(() => null);
      clearInterval(upload?.keeping);
      if (!upload || isCombined) return;
      await store.abortMultipart(key, upload.uploadId);
      await forgetMultipart(context, upload.objectId, upload.uploadId);
    },
  };
}
