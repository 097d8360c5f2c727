import { Worker } from 'node:worker_threads';
import type { ThreadEntry } from './thread-entry.ts';

export type ThreadEndCause = 'time' | 'memory' | 'fault';

/** Thrown if a thread ends without a response. */
export class ThreadEnded extends Error {
  readonly why: ThreadEndCause;

  constructor(why: ThreadEndCause, options?: { cause?: unknown }) {
    super(`A thread ended without a response (${why}).`, options);
    this.why = why;
  }
}

/** A thread that processes one request at a time, with memory and time limits. */
export class TaskThread<Request, Response> {
  readonly #worker: Worker;
  #ended: Error | null = null;
  /** Number of requests that the thread has received. */
  tasks = 0;

  /** @param heapMb heap limit in megabytes, which excludes buffers */
  constructor(entry: ThreadEntry, { heapMb }: { heapMb: number }) {
    this.#worker = new Worker(entry.code, {
      eval: entry.eval,
      execArgv: [],
      // The thread must not have access to settings or secrets of the service.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
      stdin: false,
    });
    this.#worker.unref();
    this.#worker.on('error', (error) => {
      this.#ended = error;
    });
    this.#worker.once('exit', () => {
      this.#ended ??= new Error('The thread ended unexpectedly.');
    });
  }

  /**
   * Rejects with the signal's reason, or with `ThreadEnded` if the thread fails or exceeds its memory or time limit. Ends the thread before
   * it rejects.
   */
  ask(request: Request, ms: number, signal?: AbortSignal): Promise<Response> {
    this.tasks++;
    return new Promise((resolve, reject) => {
      const worker = this.#worker;
      const settle = (act: () => void) => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        signal?.removeEventListener('abort', onAbort);
        act();
      };
      const fail = (error: Error) =>
        settle(() => {
          // Reject only after work on the request has stopped.
          void this.end().then(() => reject(error));
        });
      const onMessage = (response: Response) => settle(() => resolve(response));
      const onError = (error: Error) => fail(ended(error));
      const onExit = () => fail(ended(this.#ended));
      const onAbort = () => fail(signal!.reason instanceof Error ? signal!.reason : new Error(String(signal!.reason)));
      const timer = setTimeout(() => fail(new ThreadEnded('time')), ms);
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#ended) onExit();
      else worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function ended(cause: Error | null): ThreadEnded {
  const memory = (cause as NodeJS.ErrnoException | null)?.code === 'ERR_WORKER_OUT_OF_MEMORY';
  return new ThreadEnded(memory ? 'memory' : 'fault', { cause });
}
