import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../threads/thread-entry.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { WatchRequest } from './watch-cell.ts';

/** Heap limit of the thread, in megabytes. */
const HEAP_MB = 64;

/** A message to the thread. A request starts a watch, and null ends it. */
export interface WatchdogMessage {
  id: number;
  request: WatchRequest | null;
}

interface Watch {
  request: WatchRequest;
  onLost: (error: SandboxError) => void;
}

/** Enforces the limits of cells in a separate thread, so that a busy event loop does not delay them. */
export class Watchdog {
  readonly #watches = new Map<number, Watch>();
  #nextId = 0;
  #closed = false;
  /** Null while a replacement starts. */
  #thread: Worker | null = null;

  /** Starts the thread. Rejects if the thread cannot be started. */
  static async open(): Promise<Watchdog> {
    const watchdog = new Watchdog();
    await watchdog.#start();
    return watchdog;
  }

  /**
   * Watches a cell until the returned function is called.
   * @param onLost called when the thread has died and no longer enforces the limits of this cell
   */
  watch(request: WatchRequest, onLost: (error: SandboxError) => void): () => void {
    const id = this.#nextId++;
    this.#watches.set(id, { request, onLost });
    this.#send({ id, request });
    return () => {
      if (this.#watches.delete(id)) this.#send({ id, request: null });
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#thread?.terminate();
  }

  async #start(): Promise<void> {
    const worker = await startThread((cause) => {
      this.#thread = null;
      if (!this.#closed) this.#replace(cause);
    });
    this.#thread = worker;
    // Send the watches that started while there was no thread.
    for (const [id, { request }] of this.#watches) this.#send({ id, request });
  }

  #send(message: WatchdogMessage): void {
    this.#thread?.postMessage(message);
  }

  /**
   * Replaces the thread, and reports the loss of the running watches. A cell must not run unwatched, because an attack from the cell may
   * have killed the thread.
   */
  #replace(cause: unknown): void {
    this.#loseAll(cause);
    this.#start().catch((error: unknown) => this.#loseAll(error));
  }

  #loseAll(cause: unknown): void {
    const error = new SandboxError('the thread that enforces the limits of cells has ended', 'Run the job again', {
      cause,
    });
    const lost = [...this.#watches.values()];
    this.#watches.clear();
    for (const { onLost } of lost) onLost(error);
  }
}

/** @param onExit called when the thread has ended, with its error if it had one */
async function startThread(onExit: (cause: unknown) => void): Promise<Worker> {
  const entry = threadEntry('watchdog-thread', new URL('./watchdog-thread.ts', import.meta.url));
  const worker = new Worker(entry.code, {
    eval: entry.eval,
    execArgv: [],
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: 4 },
  });
  await once(worker, 'message');
  worker.unref();
  let cause: unknown;
  worker.on('error', (error) => {
    cause = error;
  });
  worker.once('exit', () => onExit(cause));
  return worker;
}
