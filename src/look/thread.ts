import { Worker } from 'node:worker_threads';
import { threadEntry } from './thread-entry.ts';
import type { LookAnswer, LookRequest } from './types.ts';

/** Megabytes of JavaScript's own memory; tables of samples lie beside it and are bounded by the readers. */
const HEAP_MB = 192;

/** The reader did not come to an answer. The message continues "Input 1 …". */
export class ThreadEnded extends Error {}

/** One reader in a thread of its own, with limits of memory and of time. */
export class LookThread {
  readonly #worker: Worker;
  #ended: Error | null = null;
  /** Files it has looked at. */
  files = 0;

  constructor({ heapMb = HEAP_MB } = {}) {
    const entry = threadEntry();
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
      this.#ended ??= new Error('The reader ended.');
    });
  }

  /** Rejects with `ThreadEnded` when memory or time is over, and with the signal's reason; the thread ends with it. */
  ask(request: LookRequest, ms: number, signal?: AbortSignal): Promise<LookAnswer> {
    this.files++;
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
          // Nothing of the file is worked on any more once the caller is told.
          void this.end().then(() => reject(error));
        });
      const onMessage = (answer: LookAnswer) => settle(() => resolve(answer));
      const onError = (error: Error) => fail(ended(error));
      const onExit = () => fail(ended(this.#ended));
      const onAbort = () => fail(signal!.reason instanceof Error ? signal!.reason : new Error(String(signal!.reason)));
      const timer = setTimeout(() => fail(new ThreadEnded('takes too long to be understood.')), ms);
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
  const message = memory ? 'needs more memory to be understood than any real file.' : 'could not be understood.';
  return new ThreadEnded(message, { cause });
}
