import { stat } from 'node:fs/promises';
import { JobFailure } from '../contract/failures.ts';
import { openThreads } from '../threads/pool.ts';
import { type ThreadEndCause, ThreadEnded } from '../threads/task-thread.ts';
import { threadEntry } from '../threads/thread-entry.ts';
import type { SanitizeAnswer, SanitizeRequest, SanitizeResult } from './types.ts';

export type { ContainerOrigin, SanitizeRequest, SanitizeResult } from './types.ts';

/** Milliseconds that reading may take, and the slowest disk that a copy is expected of. */
const READ_MS = 10_000;
const COPY_BYTES_PER_MS = 10_000;
/** Megabytes of JavaScript's own memory; tables of samples lie beside it and are bounded by the readers. */
const HEAP_MB = 192;

export interface Sanitizer {
  /**
   * Reads a file before FFmpeg does, and remuxes its container where nothing is lost by it. `subject` begins
   * the sentence of an error, e.g. `Input 1`. Throws `JobFailure`.
   */
  sanitize(request: SanitizeRequest, options: { subject: string; signal?: AbortSignal }): Promise<SanitizeResult>;
  close(): Promise<void>;
}

/** What an error says when a reader did not finish; continues after its subject. */
const ENDS: Readonly<Record<ThreadEndCause, string>> = {
  time: 'takes too long to be understood.',
  memory: 'needs more memory to be understood than any real file.',
  fault: 'could not be understood.',
};

/** Opens readers in threads with their own limits: at most `threads` concurrently, kept warm between files. */
export function openSanitizer(options: { threads: number; restMs?: number }): Sanitizer {
  const pool = openThreads<SanitizeRequest, SanitizeAnswer>({
    entry: sanitizerThread(),
    heapMb: HEAP_MB,
    // A thread takes longer to start than most files to read.
    ready: 1,
    ...options,
  });
  return {
    async sanitize(request, { subject, signal }) {
      const { size } = await stat(request.path);
      const ms = READ_MS + (request.target === null ? 0 : Math.ceil(size / COPY_BYTES_PER_MS));
      const answer = await pool.ask(request, { ms, signal }).catch((error: unknown) => {
        if (!(error instanceof ThreadEnded)) throw error;
        throw new JobFailure('invalid_media', `${subject} ${ENDS[error.why]}`, { cause: error });
      });
      if ('refusal' in answer) throw new JobFailure(answer.refusal.code, `${subject} ${answer.refusal.message}`);
      if ('fault' in answer) throw Object.assign(new Error(answer.fault.message), { code: answer.fault.code });
      return answer.result;
    },
    close: () => pool.close(),
  };
}

/** The reader of one file at a time. */
export function sanitizerThread() {
  return threadEntry('sanitizer-thread', new URL('./sanitizer-thread.ts', import.meta.url));
}
