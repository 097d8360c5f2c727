import { createHash } from 'node:crypto';
import { outputOutagePolicy } from '../../../attempt/outputs/store-file.ts';
import type { Run, WorkTools } from '../../../attempt/tools.ts';
import { sha256 as sha256Of } from '../../../crypto/hash.ts';
import type { OutagePolicy } from '../../../storage/types.ts';
import { type OutputReader, openPieces, PART_BYTES, type Part, type Piece, partsOf, sizeOf } from './byte-ranges.ts';
import { type GrowingFile, openGrowingFile } from './growing-file.ts';
import { PartUpload } from './part-upload.ts';

/** Number of parts that are sent concurrently. Each of these parts is in memory. */
const LANES = 2;

export interface SentOutput {
  objectId: string;
  sha256: string;
  /** Makes the object visible. Returns false if the store rejects combining the parts. */
  publish(): Promise<boolean>;
}

/**
 * Uploads an output while FFmpeg writes it. Sends each part except the first when the file has grown beyond the part, because muxers rarely
 * change these bytes later. Compares the hash of each sent part with the finished file, and sends a part again if it differs. A changed
 * part therefore costs only time.
 */
export class GrowingUpload {
  readonly #logger: WorkTools['logger'];
  readonly #parts: PartUpload;
  readonly #stopping = new AbortController();
  /** Outage policy for parts that are sent early. They do not wait while storage is unreachable. */
  readonly #early: OutagePolicy;
  readonly #late: OutagePolicy;
  #file: Promise<GrowingFile | null> = Promise.resolve(null);
  #sending: Promise<unknown> | null = null;
  #nextPart = 2;
  /** Whether no more parts are sent early. */
  #isEnough = false;

  constructor(tools: WorkTools, run: Run, object: { key: string; contentType: string }) {
    this.#logger = tools.logger;
    this.#parts = new PartUpload(tools, run, object);
    const signal = AbortSignal.any([run.signal, this.#stopping.signal]);
    this.#early = { ms: 0, signal, onUnreachable: () => {} };
    this.#late = outputOutagePolicy(tools, run);
  }

  /** Begins to send the file that a cell is about to write. */
  follow(path: string): void {
    this.#file = openGrowingFile(path, () => this.recordWrite()).catch((error) => this.#giveUp(error));
  }

  /** Reports that the file may have grown, for machines without file watches. */
  recordWrite(): void {
    void this.#file.then((file) => this.#sendIfDue(file));
  }

  /**
   * Stores the missing parts of the finished output, but does not publish it. Returns null if no part was sent before, because an upload in
   * parts then has no advantage. Throws `JobFailure` or `StorageError`.
   */
  async send(pieces: readonly Piece[], shift: number): Promise<SentOutput | null> {
    await this.#stop();
    if (!this.#parts.hasAny()) return null;
    const size = sizeOf(pieces);
    const parts = partsOf(size, shift);
    const sha256 = await this.#complete(pieces, parts);
    const objectId = await this.#parts.size({ size, sha256 });
    return { objectId, sha256, publish: () => this.#parts.complete(parts.length, size, this.#late) };
  }

  /** Deletes the sent parts, unless they were published. */
  async abandon(): Promise<void> {
    this.#stopping.abort();
    await this.#stop();
    await this.#parts.abort().catch((err) => this.#logger.warn({ err }, 'parts of an output are left to the sweeper'));
  }

  #giveUp(err: unknown): null {
    // The missing parts are sent when the output is finished.
    this.#isEnough = true;
    if (!this.#early.signal.aborted) this.#logger.warn({ err }, 'an output is not uploaded while it is made');
    return null;
  }

  #isDue(file: GrowingFile): boolean {
    return !this.#isEnough && file.size() >= this.#nextPart * PART_BYTES;
  }

  #sendIfDue(file: GrowingFile | null): void {
    if (this.#sending || !file || !this.#isDue(file)) return;
    const lanes = Array.from({ length: LANES }, () => this.#sendDue(file).catch((error) => this.#giveUp(error)));
    this.#sending = Promise.all(lanes).then(() => {
      this.#sending = null;
      this.#sendIfDue(file);
    });
  }

  async #sendDue(file: GrowingFile): Promise<void> {
    while (this.#isDue(file)) {
      const number = this.#nextPart;
      this.#nextPart += 1;
      await this.#put(number, await file.read((number - 1) * PART_BYTES, PART_BYTES), this.#early);
    }
  }

  #put(number: number, bytes: Buffer, outagePolicy: OutagePolicy): Promise<void> {
    return this.#parts.put(number, { bytes, sha256: sha256Of(bytes).toString('hex') }, outagePolicy);
  }

  async #stop(): Promise<void> {
    this.#isEnough = true;
    const opened = await this.#file;
    this.#file = Promise.resolve(null);
    await this.#sending;
    await opened?.close();
  }

  /**
   * Stores the missing parts and hashes the output at the same time. Then stores again each part whose hash differs. Returns the hash of
   * the output.
   */
  async #complete(pieces: readonly Piece[], parts: readonly Part[]): Promise<string> {
    const output = await openPieces(pieces);
    try {
      const missing = parts.filter(({ number }) => !this.#parts.has(number));
      const [hashed, sent] = await Promise.allSettled([hashParts(output, parts), this.#sendParts(output, missing)]);
      if (hashed.status === 'rejected') throw hashed.reason;
      if (sent.status === 'rejected') throw sent.reason;
      await this.#sendParts(
        output,
        parts.filter(({ number }) => !this.#parts.has(number, hashed.value.parts.get(number))),
      );
      return hashed.value.output;
    } finally {
      await output.close();
    }
  }

  async #sendParts(output: OutputReader, parts: readonly Part[]): Promise<void> {
    const lanes = openLanes(LANES);
    try {
      for (const { number, from, bytes: length } of parts) {
        await lanes.free();
        const bytes = await output.read(from, length);
        lanes.run(() => this.#put(number, bytes, this.#late));
      }
    } finally {
      await lanes.end();
    }
    lanes.check();
  }
}

/** Hashes the output, and each of its parts. */
async function hashParts(output: OutputReader, parts: readonly Part[]) {
  const hash = createHash('sha256');
  const hashes = new Map<number, string>();
  for (const { number, from, bytes: length } of parts) {
    const bytes = await output.read(from, length);
    hash.update(bytes);
    hashes.set(number, sha256Of(bytes).toString('hex'));
  }
  return { output: hash.digest('hex'), parts: hashes };
}

/** Runs a limited number of tasks concurrently. */
function openLanes(count: number) {
  const running = new Set<Promise<void>>();
  let failed: { error: unknown } | null = null;
  const check = () => {
    if (failed) throw failed.error;
  };
  return {
    /** Throws if a task failed. */
    check,
    /** Resolves when a task can be run. Throws if an earlier task failed. */
    async free(): Promise<void> {
      if (running.size >= count) await Promise.race(running);
      check();
    },
    run(task: () => Promise<void>): void {
      const done: Promise<void> = task()
        .catch((error: unknown) => {
          failed ??= { error };
        })
        .finally(() => running.delete(done));
      running.add(done);
    },
    /** Resolves when no task is running. */
    async end(): Promise<void> {
      await Promise.all(running);
    },
  };
}
