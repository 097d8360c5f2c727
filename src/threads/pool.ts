import { createFairQueue } from './fair-queue.ts';
import { TaskThread } from './task-thread.ts';
import type { ThreadEntry } from './thread-entry.ts';

/** Tasks after which a thread is replaced, whatever they were. */
const TASKS_OF_A_THREAD = 200;
/** Milliseconds without a task after which used threads go, with the memory that they hold. */
const REST_MS = 10_000;

export interface PoolOptions {
  entry: ThreadEntry;
  /** Maximum number of threads. */
  threads: number;
  heapMb: number;
  /** Threads that are kept ready while there is nothing to do; 0 = the first task waits for its thread to start. */
  ready: 0 | 1;
  restMs?: number;
}

export interface AskOptions {
  /** Milliseconds of the task itself; waiting for a thread does not count. */
  ms: number;
  signal?: AbortSignal | undefined;
  /** On whose behalf: waiting owners are served in turn, one request each. */
  owner?: string | undefined;
}

export interface ThreadPool<Request, Answer> {
  /** Rejects with `ThreadEnded` when memory or time is over, and with the signal's reason. */
  ask(request: Request, options: AskOptions): Promise<Answer>;
  close(): Promise<void>;
}

/** Threads that answer requests, kept warm between them. */
export function openThreads<Request, Answer>(options: PoolOptions): ThreadPool<Request, Answer> {
  const make = () => new TaskThread<Request, Answer>(options.entry, { heapMb: options.heapMb });
  const idle = Array.from({ length: options.ready }, make);
  const all = new Set(idle);
  const queue = createFairQueue(options.threads);
  let resting: NodeJS.Timeout | undefined;

  const refill = () => {
    while (idle.length < options.ready) idle.push(make());
    for (const thread of idle) all.add(thread);
  };
  const rest = () => {
    if (queue.busy > 0) return;
    for (const thread of idle.splice(0)) {
      all.delete(thread);
      void thread.end();
    }
    refill();
  };
  const release = (thread: TaskThread<Request, Answer>, usable: boolean) => {
    if (usable && thread.tasks < TASKS_OF_A_THREAD) idle.push(thread);
    else {
      all.delete(thread);
      void thread.end();
      // A thread takes longer to start than most tasks.
      refill();
    }
    queue.leave();
    if (queue.busy > 0) return;
    clearTimeout(resting);
    resting = setTimeout(rest, options.restMs ?? REST_MS).unref();
  };

  return {
    async ask(request, { ms, signal, owner }) {
      await queue.enter(owner);
      clearTimeout(resting);
      const thread = idle.pop() ?? make();
      all.add(thread);
      // Only a thread that came to an answer gets another request.
      let usable = false;
      try {
        signal?.throwIfAborted();
        const answer = await thread.ask(request, ms, signal);
        usable = true;
        return answer;
      } finally {
        release(thread, usable);
      }
    },
    async close() {
      clearTimeout(resting);
      await Promise.all([...all].map((thread) => thread.end()));
      idle.length = 0;
    },
  };
}
