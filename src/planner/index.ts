import { JobFailure } from '../contract/failures.ts';
import { openThreads } from '../threads/pool.ts';
import { threadEntry } from '../threads/thread-entry.ts';
import { PURE_TASKS, type TaskAnswer, type TaskMessage, type TaskName, type Tasks } from './tasks.ts';
import { isSmall } from './weight.ts';

export type { Reading } from './tasks.ts';

/** Milliseconds of one task. The costliest request of the budget takes some 400; reading fonts takes longer. */
const TASK_MS = 20_000;
const HEAP_MB = 256;

/** Reads, judges and plans requests and draws their layers, away from the event loop where that takes time. */
export interface Planner {
  /** `owner`: on whose behalf, for turns among those that wait. Rejects with `ThreadEnded` when time or memory is over. */
  judge(of: Tasks['judge']['of'], owner?: string): Promise<Tasks['judge']['gives']>;
  read(of: Tasks['read']['of']): Promise<Tasks['read']['gives']>;
  /** Throws `JobFailure`. */
  plan(of: Tasks['plan']['of']): Promise<Tasks['plan']['gives']>;
  draw(of: Tasks['draw']['of'], signal?: AbortSignal): Promise<Tasks['draw']['gives']>;
  /** A warning for each font that this machine has not. */
  fonts(of: Tasks['fonts']['of'], signal?: AbortSignal): Promise<Tasks['fonts']['gives']>;
  close(): Promise<void>;
}

/** Opens a planner with at most `threads` concurrent threads. None starts before the first large request. */
export function openPlanner(options: { threads: number; idleMs?: number }): Planner {
  const pool = openThreads<TaskMessage, TaskAnswer>({
    entry: threadEntry('planner-thread', new URL('./planner-thread.ts', import.meta.url)),
    heapMb: HEAP_MB,
    ready: 0,
    ...options,
  });
  const away = async <Name extends TaskName>(
    message: { name: Name; of: Tasks[Name]['of'] },
    asking: { owner?: string | undefined; signal?: AbortSignal | undefined } = {},
  ): Promise<Tasks[Name]['gives']> => {
    const answer = await pool.ask(message as TaskMessage, { ms: TASK_MS, ...asking });
    if ('failure' in answer) throw new JobFailure(answer.failure.code, answer.failure.message);
    return answer.result as Tasks[Name]['gives'];
  };
  return {
    judge: async (of, owner) => (isSmall(of.request) ? PURE_TASKS.judge(of) : away({ name: 'judge', of }, { owner })),
    read: async (of) => (isSmall(of.request) ? PURE_TASKS.read(of) : away({ name: 'read', of })),
    plan: async (of) => (isSmall(of.request) ? PURE_TASKS.plan(of) : away({ name: 'plan', of })),
    // Fonts are files of several megabytes, which are read synchronously.
    draw: (of, signal) => away({ name: 'draw', of }, { signal }),
    fonts: async (of, signal) => (of.fonts.length === 0 ? [] : away({ name: 'fonts', of }, { signal })),
    close: () => pool.close(),
  };
}
