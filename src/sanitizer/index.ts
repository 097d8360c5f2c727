import { statSync } from 'node:fs';
import { type FailureCode, JobFailure } from '../contract/failures.ts';
import { openThreads, type ThreadPool } from '../threads/pool.ts';
import { type ThreadEndCause, ThreadEnded } from '../threads/task-thread.ts';
import { threadEntry } from '../threads/thread-entry.ts';
import type { CopyRequest, CopyResult } from './isobmff/copy-movie.ts';
import type { IndexFirstRequest, IndexFirstResult } from './isobmff/index-first.ts';
import type { JoinRequest, JoinResult } from './isobmff/join-pieces.ts';
import type { LadderRequest, LadderResult } from './ladder/types.ts';
import type { PartialRequest, PartialResult } from './ranged/types.ts';
import type { SanitizeOutcome, SanitizeRequest, SanitizeResult } from './types.ts';

export type { LadderRequest, LadderResult } from './ladder/types.ts';
export { firstMissing, type Range } from './ranged/sparse-bytes.ts';
export type { PartialRequest, PartialResult, PicturesResult, StartResult, Wanted } from './ranged/types.ts';
export type { ContainerOrigin, Corrections, SanitizeRequest, SanitizeResult } from './types.ts';

/** Time limit of reading, in milliseconds, and the slowest copy rate that is tolerated. */
const READ_MS = 10_000;
const COPY_BYTES_PER_MS = 10_000;
/** Heap limit of a reader thread, in megabytes. Sample tables are outside the heap, and the readers limit the size of the tables. */
const HEAP_MB = 192;
/**
 * Milliseconds after which the thread starts if no file arrives. Starting a thread uses 45 ms of CPU time, which the start of the service
 * needs.
 */
const READY_AFTER_MS = 250;

export interface Sanitizer {
  /**
   * Reads a file before FFmpeg does, and remuxes its container if that loses nothing. `subject` begins the error
   * message, e.g. `Input 1`. Throws `JobFailure`.
   */
  sanitize(request: SanitizeRequest, options: { subject: string; signal?: AbortSignal }): Promise<SanitizeResult>;
  /** Reads the parts of a file that were fetched. See `PartialRequest`. */
  readPartial(request: PartialRequest, signal: AbortSignal): Promise<PartialResult>;
  /** Moves the index of a finished file to its start, without copying its media data. See `IndexFirst`. */
  readIndexFirst(request: IndexFirstRequest, signal: AbortSignal): Promise<IndexFirstResult>;
  /** Copies streams of a movie of `bytes` bytes into a new container. See `copyMovie`. */
  copyMovie(request: CopyRequest, bytes: number, signal: AbortSignal): Promise<CopyResult>;
  /** Joins pieces of a video, `bytes` in total, without changing a packet. See `joinPieces`. */
  joinPieces(request: JoinRequest, bytes: number, signal: AbortSignal): Promise<JoinResult>;
  /**
   * Cuts movies, `bytes` in total, into the segments of a ladder, and writes its playlists. Throws `JobFailure` if the thread ends, because
   * Airlock has no other way to package a ladder. See `packageLadder`.
   */
  packageLadder(request: LadderRequest, bytes: number, signal: AbortSignal): Promise<LadderResult>;
  /** Returns a sanitizer for one account, with the same pool of threads. The threads are shared fairly among accounts. */
  forAccount(accountId: string): Sanitizer;
  close(): Promise<void>;
}

/** Why a reader did not finish. Each text follows the subject of its sentence. */
const ENDS: Readonly<Record<ThreadEndCause, string>> = {
  time: 'takes too long to read',
  memory: 'needs more memory to read than any real file',
  fault: 'could not be read',
};

/** Converts the end of a thread to a failure. `greedy` is the code for a file that needs too much memory. Returns other errors unchanged. */
function failureOf(error: unknown, greedy: FailureCode, subject: string): unknown {
  if (!(error instanceof ThreadEnded)) return error;
  // Only the file determines how much memory its reader needs, so `memory` blames the file. A thread also reaches its time limit if the
  // process is stopped or the disk stalls. A fault is a defect of Airlock or of the machine. In these cases, another attempt may succeed.
  // The number of attempts is limited, so a hostile file cannot occupy the threads forever.
  const code = error.why === 'memory' ? greedy : 'internal';
  return new JobFailure(code, `${subject} ${ENDS[error.why]}.`, { cause: error });
}

type PartRequest = PartialRequest | IndexFirstRequest | CopyRequest | JoinRequest | LadderRequest;

type SanitizerThreads = ThreadPool<
  SanitizeRequest | PartRequest,
  SanitizeOutcome | PartialResult | IndexFirstResult | CopyResult | JoinResult | LadderResult
>;

/** Opens a pool of at most `threads` reader threads with their own limits. The threads keep running between files. */
export function openSanitizer(options: { threads: number; idleMs?: number }): Sanitizer {
  const threads: SanitizerThreads = openThreads({
    entry: sanitizerThread(),
    heapMb: HEAP_MB,
    // Starting a thread takes longer than reading most files.
    ready: 1,
    readyAfterMs: READY_AFTER_MS,
    ...options,
  });
  return sanitizerOf(threads);
}

function sanitizerOf(threads: SanitizerThreads, owner?: string): Sanitizer {
  const askPart = (request: PartRequest, signal: AbortSignal, ms = READ_MS) =>
    threads.ask(request, { ms, signal, owner }).catch((error: unknown) => {
      if (!(error instanceof ThreadEnded)) throw error;
      return { reason: ENDS[error.why] };
    });
  return {
    async sanitize(request, { subject, signal }) {
      const { size } = statSync(request.path);
      const ms = READ_MS + (request.target === null ? 0 : Math.ceil(size / COPY_BYTES_PER_MS));
      const outcome = (await threads.ask(request, { ms, signal, owner }).catch((error: unknown) => {
        throw failureOf(error, 'invalid_media', subject);
      })) as SanitizeOutcome;
      if ('rejection' in outcome)
        throw new JobFailure(outcome.rejection.code, `${subject} ${outcome.rejection.message}`);
      if ('fault' in outcome) throw Object.assign(new Error(outcome.fault.message), { code: outcome.fault.code });
      return outcome.result;
    },
    readPartial: (request, signal) => askPart(request, signal) as Promise<PartialResult>,
    readIndexFirst: (request, signal) => askPart(request, signal) as Promise<IndexFirstResult>,
    copyMovie: (request, bytes, signal) =>
      askPart(request, signal, READ_MS + Math.ceil(bytes / COPY_BYTES_PER_MS)) as Promise<CopyResult>,
    joinPieces: (request, bytes, signal) =>
      askPart(request, signal, READ_MS + Math.ceil(bytes / COPY_BYTES_PER_MS)) as Promise<JoinResult>,
    packageLadder(request, bytes, signal) {
      const ms = READ_MS + Math.ceil(bytes / COPY_BYTES_PER_MS);
      return threads.ask(request, { ms, signal, owner }).catch((error: unknown) => {
        throw failureOf(error, 'output_invalid', 'The output');
      }) as Promise<LadderResult>;
    },
    forAccount: (accountId) => sanitizerOf(threads, accountId),
    close: () => threads.close(),
  };
}

/** Returns the entry point of a thread that reads one file at a time. */
export function sanitizerThread() {
  return threadEntry('sanitizer-thread', new URL('./sanitizer-thread.ts', import.meta.url));
}
