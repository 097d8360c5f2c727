import { Worker } from 'node:worker_threads';
import type { ThreadEntry } from './thread-entry.ts';

export type ThreadEndCause = 'time' | 'memory' | 'fault';

/** A thread came to no answer, and is gone. */
export class ThreadEnded extends Error {
  readonly why: ThreadEndCause;

  constructor(why: ThreadEndCause, options?: { cause?: unknown }) {
    super(`A thread ended without an answer (${why}).`, options);
    this.why = why;
  }
}

/** A thread that answers one request at a time, with limits of memory and of time. */
export class TaskThread<Request, Answer> {
  readonly #worker: Worker;
  #ended: Error | null = null;
  /** Requests that it was given. */
  tasks = 0;

  /** @param heapMb megabytes of JavaScript's own memory; buffers lie beside it. */
  constructor(entry: ThreadEntry, { heapMb }: { heapMb: number }) {
    this.#worker = new Worker(entry.code, {
      eval: entry.eval,
      execArgv: [],
      // No setting and no secret of the service is for its eyes.
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

  /** Rejects with `ThreadEnded` when memory or time is over, and with the signal's reason; the thread ends with it. */
  ask(request: Request, ms: number, signal?: AbortSignal): Promise<Answer> {
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
          // Work on the request has stopped before the caller learns of it.
          void this.end().then(() => reject(error));
        });
      const onMessage = (answer: Answer) => settle(() => resolve(answer));
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
