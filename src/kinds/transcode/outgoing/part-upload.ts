import type { Run, WorkTools } from '../../../attempt/tools.ts';
import { clearMultipart, recordMultipart, reserveGrowingOutput, sizeOutput } from '../../../jobs/outputs.ts';
import { type OutagePolicy, StorageError } from '../../../storage/types.ts';

/** Error codes of stores that cannot combine these parts, such as stores that require parts of one size. */
const REJECTIONS: ReadonlySet<string | null> = new Set(['InvalidPart', 'InvalidPartOrder', 'EntityTooSmall']);

interface Begun {
  objectId: string;
  uploadId: string;
}

/**
 * Stores an output in parts. The row of the output is inserted before the upload begins, and the id of the upload is recorded before any
 * part is stored.
 */
export class PartUpload {
  readonly #tools: Pick<WorkTools, 'context'>;
  readonly #run: Run;
  readonly #object: { key: string; contentType: string };
  readonly #parts = new Map<number, { etag: string; sha256: string }>();
  #beginning: Promise<Begun> | null = null;
  #isCombined = false;

  constructor(tools: Pick<WorkTools, 'context'>, run: Run, object: { key: string; contentType: string }) {
    this.#tools = tools;
    this.#run = run;
    this.#object = object;
  }

  /** Stores a part, or replaces the part with the same number. The first call begins the upload. */
  async put(number: number, part: { bytes: Buffer; sha256: string }, outagePolicy: OutagePolicy): Promise<void> {
    const { uploadId } = await this.#begun();
    const { bytes, sha256 } = part;
    const etag = await this.#store.putPart(this.#object.key, { uploadId, partNumber: number, bytes, outagePolicy });
    this.#parts.set(number, { etag, sha256 });
  }

  /** Whether this part was stored, with the hash `sha256` if it is given. */
  has(number: number, sha256?: string): boolean {
    const part = this.#parts.get(number);
    return part !== undefined && (sha256 === undefined || part.sha256 === sha256);
  }

  /** Whether any part was stored. */
  hasAny(): boolean {
    return this.#parts.size > 0;
  }

  /** Records size and hash of the output. Throws `JobFailure` with `storage_quota`. Returns the id of its object. */
  async size(facts: { size: number; sha256: string }): Promise<string> {
    const { objectId } = await this.#begun();
    await sizeOutput(this.#tools.context, this.#run.claim, objectId, facts);
    return objectId;
  }

  /** Publishes the first `count` parts as one object. Returns false if the store rejects combining the parts. */
  async complete(count: number, size: number, outagePolicy: OutagePolicy): Promise<boolean> {
    const { uploadId } = await this.#begun();
    const { key } = this.#object;
    const listed = Array.from({ length: count }, (_, index) => {
      const { etag } = this.#parts.get(index + 1)!;
      return { partNumber: index + 1, etag };
    });
    this.#isCombined = await this.#store
      .completeMultipart(key, uploadId, listed, outagePolicy)
      .catch((error: unknown) => {
        if (error instanceof StorageError && REJECTIONS.has(error.code)) return false;
        throw error;
      });
    // An earlier call whose response was lost may have combined the parts.
    this.#isCombined ||= (await this.#store.head(key))?.size === size;
    return this.#isCombined;
  }

  /** Deletes all parts, unless they were combined. If this fails, the sweeper deletes them. */
  async abort(): Promise<void> {
    const upload = await this.#beginning?.catch(() => null);
    if (!upload || this.#isCombined) return;
    await this.#store.abortMultipart(this.#object.key, upload.uploadId);
    await clearMultipart(this.#tools.context, upload.objectId, upload.uploadId);
  }

  get #store() {
    return this.#tools.context.store;
  }

  #begun(): Promise<Begun> {
    this.#beginning ??= this.#begin();
    return this.#beginning;
  }

  async #begin(): Promise<Begun> {
    const { context } = this.#tools;
    const { key, contentType } = this.#object;
    const objectId = await reserveGrowingOutput(context, this.#run.claim, this.#object);
    this.#run.reserved(objectId);
    const uploadId = await this.#store.createMultipart(key, { contentType });
    await recordMultipart(context, objectId, uploadId).catch(async (error) => {
      // If the row contains this upload nevertheless, the deletion of the row finds that the upload no longer exists.
      await this.#store.abortMultipart(key, uploadId).catch(() => {});
      throw error;
    });
    return { objectId, uploadId };
  }
}
