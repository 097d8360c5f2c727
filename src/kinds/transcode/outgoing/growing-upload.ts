import { createHash } from 'node:crypto';
import { outputOutagePolicy } from '../../../attempt/outputs/store-file.ts';
import type { Run, WorkTools } from '../../../attempt/tools.ts';
import { sha256 as sha256Of } from '../../../crypto/hash.ts';
import type { OutagePolicy } from '../../../storage/types.ts';
import { type OutputReader, openPieces, PART_BYTES, type Part, type Piece, partsOf, sizeOf } from './byte-ranges.ts';
import { type GrowingFile, openGrowingFile } from './growing-file.ts';
import { openPartUpload } from './part-upload.ts';

/** Parts that are sent at once. Each is in memory. */
const LANES = 2;

/**
 * Uploads an output while FFmpeg writes it. Every part of the file but the first is sent once the file is longer: no
 * muxer changes it later, or hardly ever. What was sent is compared with the finished file by its hash, and a part that
 * differs is sent again; so a wrong guess costs time, and nothing else.
 */
export interface GrowingUpload {
  /** Begins to send the file that a cell is about to write. */
  follow(path: string): void;
  /** Reports that the file may have grown, for machines that do not. */
  recordWrite(): void;
  /**
   * Stores what is missing of the finished output, but does not publish it. Null if nothing was sent before, so that
   * parts would be of no use. Throws `JobFailure` and `StorageError`.
   */
  send(pieces: readonly Piece[], shift: number): Promise<SentOutput | null>;
  /** Deletes what was sent, unless it was published. */
  abandon(): Promise<void>;
}

export interface SentOutput {
  objectId: string;
  sha256: string;
  /** Makes the object appear. False if the store refuses to combine the parts. */
  publish(): Promise<boolean>;
}

export function openGrowingUpload(
  tools: WorkTools,
  run: Run,
  object: { key: string; contentType: string },
): GrowingUpload {
  const upload = openPartUpload(tools, run, object);
  const stopping = new AbortController();
  const early: OutagePolicy = { ms: 0, signal: AbortSignal.any([run.signal, stopping.signal]), onAway: () => {} };
  const patience = outputOutagePolicy(tools, run);
  let file: Promise<GrowingFile | null> = Promise.resolve(null);
  let sending: Promise<unknown> | null = null;
  let next = 2;
  let isEnough = false;

  const giveUp = (err: unknown) => {
    // What is missing is sent at the end.
    isEnough = true;
    if (!early.signal.aborted) tools.logger.warn({ err }, 'an output is not uploaded while it is made');
    return null;
  };
  const isDue = (from: GrowingFile) => !isEnough && from.size() >= next * PART_BYTES;

  async function sendDue(from: GrowingFile): Promise<void> {
    while (isDue(from)) {
      const number = next;
      next += 1;
      const bytes = await from.read((number - 1) * PART_BYTES, PART_BYTES);
      await upload.put(number, { bytes, sha256: sha256Of(bytes).toString('hex') }, early);
    }
  }

  function sendIfDue(from: GrowingFile | null): void {
    if (sending || !from || !isDue(from)) return;
    const lanes = Array.from({ length: LANES }, () => sendDue(from).catch(giveUp));
    sending = Promise.all(lanes).then(() => {
      sending = null;
      sendIfDue(from);
    });
  }

  const recordWrite = () => void file.then(sendIfDue);

  async function stop(): Promise<void> {
    isEnough = true;
    const opened = await file;
    file = Promise.resolve(null);
    await sending;
    await opened?.close();
  }

  /** Stores the parts for which that is needed, and returns when they are stored. */
  async function sendParts(output: OutputReader, parts: readonly Part[]): Promise<void> {
    const lanes = openLanes(LANES);
    try {
      for (const { number, from, bytes: length } of parts) {
        await lanes.free();
        const bytes = await output.read(from, length);
        lanes.run(() => upload.put(number, { bytes, sha256: sha256Of(bytes).toString('hex') }, patience));
      }
    } finally {
      await lanes.end();
    }
    lanes.check();
  }

  /** Stores what is missing, while it hashes the whole; then again what differs. Returns the hash of the whole. */
  async function complete(pieces: readonly Piece[], parts: readonly Part[]): Promise<string> {
    const output = await openPieces(pieces);
    try {
      const missing = parts.filter(({ number }) => !upload.has(number));
      const [hashed, sent] = await Promise.allSettled([hashParts(output, parts), sendParts(output, missing)]);
      if (hashed.status === 'rejected') throw hashed.reason;
      if (sent.status === 'rejected') throw sent.reason;
      const differing = parts.filter(({ number }) => !upload.has(number, hashed.value.parts.get(number)));
      await sendParts(output, differing);
      return hashed.value.whole;
    } finally {
      await output.close();
    }
  }

  return {
    follow(path) {
      file = openGrowingFile(path, recordWrite).catch(giveUp);
    },
    recordWrite,
    async send(pieces, shift) {
      await stop();
      if (!upload.hasAny()) return null;
      const size = sizeOf(pieces);
      const parts = partsOf(size, shift);
      const sha256 = await complete(pieces, parts);
      const objectId = await upload.size({ size, sha256 });
      return { objectId, sha256, publish: () => upload.complete(parts.length, size, patience) };
    },
    async abandon() {
      stopping.abort();
      await stop();
      await upload.abort().catch((err) => tools.logger.warn({ err }, 'parts of an output are left to the sweeper'));
    },
  };
}

/** Hashes the output, and each of its parts. */
async function hashParts(output: OutputReader, parts: readonly Part[]) {
  const whole = createHash('sha256');
  const hashes = new Map<number, string>();
  for (const { number, from, bytes: length } of parts) {
    const bytes = await output.read(from, length);
    whole.update(bytes);
    hashes.set(number, sha256Of(bytes).toString('hex'));
  }
  return { whole: whole.digest('hex'), parts: hashes };
}

/** Runs a bounded number of tasks at once. */
function openLanes(count: number) {
  const running = new Set<Promise<void>>();
  let failed: { error: unknown } | null = null;
  const check = () => {
    if (failed) throw failed.error;
  };
  return {
    /** Throws if a task failed. */
    check,
    /** Resolves when a task can be run. Throws if an earlier one failed. */
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
    /** Resolves when no task runs. */
    async end(): Promise<void> {
      await Promise.all(running);
    },
  };
}
