import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../threads/thread-entry.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { WatchRequest } from './watch-cell.ts';

/** Heap limit of the thread, in megabytes. */
const HEAP_MB = 64;

/** Message to the thread: a request starts a watch; null stops it. */
export interface WatchdogMessage {
  id: number;
  request: WatchRequest | null;
}

/** Enforces the limits of cells in a separate thread, so that a busy event loop does not delay them. */
export interface Watchdog {
  /**
   * Watches a cell until the returned function is called.
   * @param onLost called when the thread has died and no longer enforces the limits of this cell
   */
  watch(request: WatchRequest, onLost: (error: SandboxError) => void): () => void;
  close(): Promise<void>;
}

interface Watch {
  request: WatchRequest;
  onLost: (error: SandboxError) => void;
}

/** Starts the thread. Rejects when it cannot be started. */
export async function openWatchdog(): Promise<Watchdog> {
  const watches = new Map<number, Watch>();
  let next = 0;
  let closed = false;
  /** Null while a replacement starts. */
  let thread: Worker | null = null;
  await start();

  return {
    watch(request, onLost) {
      const id = next++;
      watches.set(id, { request, onLost });
      send({ id, request });
      return () => {
        if (watches.delete(id)) send({ id, request: null });
      };
    },
    async close() {
      closed = true;
      await thread?.terminate();
    },
  };

  function send(message: WatchdogMessage): void {
    thread?.postMessage(message);
  }

  async function start(): Promise<void> {
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
    worker.once('exit', () => {
      thread = null;
      if (!closed) replace(cause);
    });
    thread = worker;
    // Watches that started while there was no thread.
    for (const [id, { request }] of watches) send({ id, request });
  }

  /** A cell must not run unwatched: its attack may have killed the thread. */
  function replace(cause: unknown): void {
    loseAll(cause);
    start().catch(loseAll);
  }

  function loseAll(cause: unknown): void {
    const error = new SandboxError('the thread that enforces the limits of cells has ended', 'Run the job again', {
      cause,
    });
    const lost = [...watches.values()];
    watches.clear();
    for (const { onLost } of lost) onLost(error);
  }
}
