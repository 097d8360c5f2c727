import { FairPool, type ReturnPlace } from '../pools/fair-pool.ts';
import type { PoolShape } from '../pools/share.ts';
import { TaskThread } from './task-thread.ts';
import type { ThreadEntry } from './thread-entry.ts';

/** Number of tasks after which a thread is replaced. A new thread is slow for its first hundred tasks, until V8 has optimized its code. */
const MAX_TASKS_PER_THREAD = 2_000;
/**
 * Milliseconds without a task after which used threads end, to free their memory. Starting a thread needs 60 ms of CPU, which a server that
 * gets a job every few seconds should not spend on each job.
 */
const IDLE_MS = 60_000;

/**
 * Returns how accounts share threads. A quarter more than `threads` threads may run, but only accounts without a task can use the
 * additional threads.
 */
export function threadPool(threads: number): PoolShape {
  const reserved = Math.ceil(threads / 4);
  return { places: threads + reserved, share: Math.ceil(threads / 2), reserved, quiet: threads };
}

export interface PoolOptions {
  entry: ThreadEntry;
  /** Maximum number of threads, excluding the threads for accounts that have no task; see `threadPool`. */
  threads: number;
  heapMb: number;
  /** Number of threads to keep ready while idle. With 0, the first task waits for a thread to start. */
  ready: 0 | 1;
  /** Milliseconds until the first ready threads start, unless a task starts a thread earlier. Defaults to 0. */
  readyAfterMs?: number;
  idleMs?: number;
}

export interface AskOptions {
  /** Time limit of the task in milliseconds, excluding the wait for a thread. */
  ms: number;
  signal?: AbortSignal | undefined;
  /** Owner of the request. Owners share the threads fairly. */
  owner?: string | undefined;
}

export interface ThreadPool<Request, Response> {
  /**
   * Resolves to the response of a thread. Rejects with the signal's reason, or with `ThreadEnded` if the thread fails or exceeds its memory
   * or time limit.
   */
  ask(request: Request, options: AskOptions): Promise<Response>;
  close(): Promise<void>;
}

/** Opens a pool of threads that process requests. Threads stay ready between requests. */
export function openThreads<Request, Response>(options: PoolOptions): ThreadPool<Request, Response> {
  const make = () => new TaskThread<Request, Response>(options.entry, { heapMb: options.heapMb });
  const idle: TaskThread<Request, Response>[] = [];
  const all = new Set(idle);
  const places = new FairPool(threadPool(options.threads));
  let idleTimer: NodeJS.Timeout | undefined;

  const refill = () => {
    while (idle.length < options.ready) idle.push(make());
    for (const thread of idle) all.add(thread);
  };
  const starting = setTimeout(refill, options.readyAfterMs ?? 0).unref();
  const endIdle = () => {
    if (places.taken > 0) return;
    for (const thread of idle.splice(0)) {
      all.delete(thread);
      void thread.end();
    }
    refill();
  };
  const release = (thread: TaskThread<Request, Response>, usable: boolean, leave: ReturnPlace) => {
    if (usable && thread.tasks < MAX_TASKS_PER_THREAD) idle.push(thread);
    else {
      all.delete(thread);
      void thread.end();
      // Replace the thread now, because starting a thread is slower than most tasks.
      refill();
    }
    leave();
    if (places.taken > 0) return;
    clearTimeout(idleTimer);
    idleTimer = setTimeout(endIdle, options.idleMs ?? IDLE_MS).unref();
  };

  return {
    async ask(request, { ms, signal, owner = '' }) {
      const leave = await places.wait(owner);
      clearTimeout(starting);
      clearTimeout(idleTimer);
      const thread = idle.pop() ?? make();
      all.add(thread);
      // Only a thread that has responded gets another request.
      let usable = false;
      try {
        signal?.throwIfAborted();
        const response = await thread.ask(request, ms, signal);
        usable = true;
        return response;
      } finally {
        release(thread, usable, leave);
      }
    },
    async close() {
      clearTimeout(starting);
      clearTimeout(idleTimer);
      await Promise.all([...all].map((thread) => thread.end()));
      idle.length = 0;
    },
  };
}
