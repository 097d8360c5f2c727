import { createHash } from 'node:crypto';
import type { Patience } from '../../../storage/types.ts';
import type { Run, WorkTools } from '../../kind.ts';
import { outputPatience } from '../../shared/store-file.ts';
import { type GrowingFile, openGrowingFile } from './growing-file.ts';
import { openPartUpload } from './part-upload.ts';
import { openPieces, PART_BYTES, type Piece, partsOf, sizeOf } from './pieces.ts';

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
  grew(): void;
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
  const early: Patience = { ms: 0, signal: AbortSignal.any([run.signal, stopping.signal]), onAway: () => {} };
  const patience = outputPatience(tools, run);
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
      await upload.put(number, { bytes, sha256: sha256Of(bytes) }, early);
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

  const grew = () => void file.then(sendIfDue);

  async function stop(): Promise<void> {
    isEnough = true;
    const opened = await file;
    file = Promise.resolve(null);
    await sending;
    await opened?.close();
  }

  /** Stores the parts that are missing or differ. Returns the hash of the whole. */
  async function sendMissing(pieces: readonly Piece[], shift: number): Promise<string> {
    const whole = createHash('sha256');
    const lanes = openLanes(LANES);
    const output = await openPieces(pieces);
    try {
      for (const { number, from, bytes: length } of partsOf(sizeOf(pieces), shift)) {
        const bytes = await output.read(from, length);
        whole.update(bytes);
        const sha256 = sha256Of(bytes);
        if (!upload.has(number, sha256)) await lanes.enter(() => upload.put(number, { bytes, sha256 }, patience));
      }
    } finally {
      await lanes.leave();
      await output.close();
    }
    lanes.check();
    return whole.digest('hex');
  }

  return {
    follow(path) {
      file = openGrowingFile(path, grew).catch(giveUp);
    },
    grew,
    async send(pieces, shift) {
      await stop();
      if (!upload.hasAny()) return null;
      const sha256 = await sendMissing(pieces, shift);
      const size = sizeOf(pieces);
      const objectId = await upload.size({ size, sha256 });
      const count = partsOf(size, shift).length;
      return { objectId, sha256, publish: () => upload.complete(count, size, patience) };
    },
    async abandon() {
      stopping.abort();
      await stop();
      await upload.abort().catch((err) => tools.logger.warn({ err }, 'parts of an output are left to the sweeper'));
    },
  };
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Runs a bounded number of tasks at once. */
function openLanes(count: number) {
  const running = new Set<Promise<void>>();
  let failed: { error: unknown } | null = null;
  const check = () => {
    if (failed) throw failed.error;
  };
  return {
    /** Throws if an earlier task failed. */
    check,
    /** Starts the task once a lane is free. Throws if an earlier task failed. */
    async enter(task: () => Promise<void>): Promise<void> {
      if (running.size >= count) await Promise.race(running);
      check();
      const done: Promise<void> = task()
        .catch((error: unknown) => {
          failed ??= { error };
        })
        .finally(() => running.delete(done));
      running.add(done);
    },
    /** Resolves when no task runs. */
    async leave(): Promise<void> {
      await Promise.all(running);
    },
  };
}
