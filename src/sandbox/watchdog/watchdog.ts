import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { threadEntry } from '../../threads/thread-entry.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { WatchOrder } from './watch-cell.ts';

/** Megabytes of JavaScript's own memory in the thread. */
const HEAP_MB = 64;

/** To the thread: an order begins a watch, and none ends it. */
export interface WatchdogMessage {
  id: number;
  order: WatchOrder | null;
}

/** Keeps the limits of cells in a thread of its own, so that they hold although the event loop is busy. */
export interface Watchdog {
  /**
   * Watches a cell until the function that it returns is called.
   * @param onLost called when the thread has died and keeps the limits of this cell no longer
   */
  watch(order: WatchOrder, onLost: (error: SandboxError) => void): () => void;
  close(): Promise<void>;
}

interface Watch {
  order: WatchOrder;
  onLost: (error: SandboxError) => void;
}

/** Starts the thread. Rejects when it cannot be started. */
export async function openWatchdog(): Promise<Watchdog> {
  const watches = new Map<number, Watch>();
  let next = 0;
  let closed = false;
  /** Null while a new one starts. */
  let thread: Worker | null = null;
  await start();

  return {
    watch(order, onLost) {
      const id = next++;
      watches.set(id, { order, onLost });
      send({ id, order });
      return () => {
        if (watches.delete(id)) send({ id, order: null });
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
    // Those that began while there was none.
    for (const [id, { order }] of watches) send({ id, order });
  }

  /** A cell without a watch must not run: one of them may be why the thread has died. */
  function replace(cause: unknown): void {
    loseAll(cause);
    start().catch(loseAll);
  }

  function loseAll(cause: unknown): void {
    const error = new SandboxError('the thread that keeps the limits of cells has ended', 'Run it again', { cause });
    const lost = [...watches.values()];
    watches.clear();
    for (const { onLost } of lost) onLost(error);
  }
}
