import { JobFailure } from '../../contract/failures.ts';
import { openThreads, type ThreadPool } from '../pool.ts';
import { threadEntry } from '../thread-entry.ts';
import { PURE_TASKS, type TaskMessage, type TaskName, type TaskResult, type Tasks } from './tasks.ts';
import { isSmall } from './weight.ts';

export type { Reading } from './tasks.ts';

/** Maximum milliseconds per task. The costliest request that is accepted needs about 400 ms. Tasks that read fonts take longer. */
const TASK_MS = 20_000;
const HEAP_MB = 256;

/** Parses, checks and plans requests and draws their layers. Large requests, drawing and font checks run in a thread. */
export interface Planner {
  /** `accountId` overrides the account of `forAccount`. Rejects with `ThreadEnded` if the task exceeds its time or memory. */
  review(input: Tasks['review']['input'], accountId?: string): Promise<Tasks['review']['result']>;
  read(input: Tasks['read']['input']): Promise<Tasks['read']['result']>;
  /** Rejects with `JobFailure` if the request cannot be planned. */
  plan(input: Tasks['plan']['input']): Promise<Tasks['plan']['result']>;
  draw(input: Tasks['draw']['input'], signal?: AbortSignal): Promise<Tasks['draw']['result']>;
  /** Returns a warning for each font that this machine does not have. */
  fonts(input: Tasks['fonts']['input'], signal?: AbortSignal): Promise<Tasks['fonts']['result']>;
  /** Returns a planner that uses the same threads for one account. Accounts share the threads fairly. */
  forAccount(accountId: string): Planner;
  close(): Promise<void>;
}

/**
 * Opens a planner with at most `threads` concurrent threads, and a quarter more for accounts without a task; see `threadPool`. The first
 * task that needs a thread starts it.
 */
export function openPlanner(options: { threads: number; idleMs?: number }): Planner {
  const threads = openThreads<TaskMessage, TaskResult>({
    entry: threadEntry('planner-thread', new URL('./planner-thread.ts', import.meta.url)),
    heapMb: HEAP_MB,
    ready: 0,
    ...options,
  });
  return plannerOf(threads);
}

function plannerOf(threads: ThreadPool<TaskMessage, TaskResult>, owner?: string): Planner {
  const runInThread = async <Name extends TaskName>(
    message: { name: Name; input: Tasks[Name]['input'] },
    options: { signal?: AbortSignal | undefined; owner?: string | undefined } = {},
  ): Promise<Tasks[Name]['result']> => {
    const outcome = await threads.ask(message as TaskMessage, { ms: TASK_MS, owner, ...options });
    if ('failure' in outcome) throw new JobFailure(outcome.failure.code, outcome.failure.message);
    return outcome.result as Tasks[Name]['result'];
  };
  return {
    review: async (input, accountId) =>
      isSmall(input.request)
        ? PURE_TASKS.review(input)
        : runInThread({ name: 'review', input }, { owner: accountId ?? owner }),
    read: async (input) => (isSmall(input.request) ? PURE_TASKS.read(input) : runInThread({ name: 'read', input })),
    plan: async (input) => (isSmall(input.request) ? PURE_TASKS.plan(input) : runInThread({ name: 'plan', input })),
    // Always in a thread, because fonts are files of several megabytes that are read synchronously.
    draw: (input, signal) => runInThread({ name: 'draw', input }, { signal }),
    fonts: async (input, signal) => (input.fonts.length === 0 ? [] : runInThread({ name: 'fonts', input }, { signal })),
    forAccount: (accountId) => plannerOf(threads, accountId),
    close: () => threads.close(),
  };
}
