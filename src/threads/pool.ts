import { FairPool, type ReturnPlace } from '../pools/fair-pool.ts';
import type { PoolShape } from '../pools/share.ts';
import { TaskThread } from './task-thread.ts';
import type { ThreadEntry } from './thread-entry.ts';

/** Tasks after which a thread is replaced. A new thread is slow for its first hundred tasks, until V8 has optimized its code. */
const MAX_TASKS_PER_THREAD = 2_000;
/**
 * Milliseconds without a task after which used threads end, to free their memory. Starting a thread needs 60 ms of CPU, which a server that
 * gets a job every few seconds should not spend on each job.
 */
const IDLE_MS = 60_000;

/** How accounts share threads. A task has a time limit. More threads than the wanted number start only for accounts without a task. */
export function threadPool(threads: number): PoolShape {
  const reserved = Math.ceil(threads / 4);
  return { places: threads + reserved, share: Math.ceil(threads / 2), reserved, quiet: threads };
}

export interface PoolOptions {
  entry: ThreadEntry;
  /** Maximum number of threads, excluding the threads for accounts that have no task; see `threadPool`. */
  threads: number;
  heapMb: number;
  /** Number of threads to keep ready while idle; 0 = the first task waits for a thread to start. */
  ready: 0 | 1;
  /** Milliseconds until the first ready threads start, unless a task starts a thread earlier. Default: 0 */
  readyAfterMs?: number;
  idleMs?: number;
}

export interface AskOptions {
  /** Time limit of the task in milliseconds; waiting for a thread does not count. */
  ms: number;
  signal?: AbortSignal | undefined;
  /** Owner of the request, for fair scheduling among owners. */
  owner?: string | undefined;
}

export interface ThreadPool<Request, Response> {
  /** Rejects with `ThreadEnded` at the memory or time limit, or with the signal's reason. */
  ask(request: Request, options: AskOptions): Promise<Response>;
  close(): Promise<void>;
}

/** Opens a pool of threads that process requests and stay warm between them. */
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
      // Starting a thread is slower than most tasks.
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
