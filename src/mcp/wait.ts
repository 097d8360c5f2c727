import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { MAX_WAIT_SECONDS } from '../contract/limits.ts';
import { type ApiAnswer, resultOf, type ToolContext, type ToolResult } from './tool.ts';

/** Arguments of tools that wait. */
export const waitFields = {
  timeoutSeconds: z
    .number()
    .int()
    .positive()
    .max(1800)
    .optional()
    .describe('Seconds to wait at most; 600 if absent. What was started continues after that.'),
  pollIntervalSeconds: z
    .number()
    .int()
    .positive()
    .max(60)
    .optional()
    .describe('Seconds between two reports of progress at most. The end is noticed at once in any case.'),
};
export const waitArgs = z.object(waitFields);

const DEFAULT_TIMEOUT_SECONDS = 600;
/**
 * Number of seconds for which one request waits, unless the client sets `pollIntervalSeconds`. The time is short if the client watches the
 * progress, and otherwise longer, so that waiting costs few requests.
 */
const WATCHED_SECONDS = 2;
const UNWATCHED_SECONDS = 20;

/** The fields of a job that a tool needs to wait for it. */
export interface Running {
  id: string;
  status: string;
  progress?: number;
}

export interface Waited<T> {
  state: T;
  waitedMs: number;
  polls: number;
  timedOut: boolean;
}

/**
 * Reads `path` until `isOver` returns true, for at most `timeoutSeconds`. If a read fails, returns the error as the result. If the client
 * cancels the call or disconnects, returns early with `timedOut`.
 */
export async function waitFor<T extends Running>(
  first: T,
  path: string,
  isOver: (state: T) => boolean,
  options: z.infer<typeof waitArgs>,
  context: ToolContext,
): Promise<Waited<T> | ToolResult> {
  const begin = Date.now();
  const deadline = begin + (options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000;
  const step = options.pollIntervalSeconds ?? (context.report ? WATCHED_SECONDS : UNWATCHED_SECONDS);
  const reportOf = reporter(context);
  let state = first;
  let polls = 0;
  while (!isOver(state) && Date.now() < deadline && !context.signal.aborted) {
    await reportOf(state);
    const seconds = Math.min(step, MAX_WAIT_SECONDS, (deadline - Date.now()) / 1000);
    const asked = Date.now();
    const answer: ApiAnswer = await context.call('GET', `${path}?wait=${seconds.toFixed(3)}`);
    if (answer.status >= 300) return resultOf(answer);
    state = answer.json as T;
    polls += 1;
    // A server that is stopping, or a route that cannot wait, responds early.
    const early = asked + seconds * 1000 - Date.now();
    if (!isOver(state) && early > 0) await sleep(early, undefined, { signal: context.signal }).catch(() => {});
  }
  return { state, waitedMs: Date.now() - begin, polls, timedOut: !isOver(state) };
}

/**
 * Returns a function that reports progress. Each value is higher than the previous value, as MCP requires, even while a job waits in the
 * queue.
 */
function reporter({ report }: ToolContext): (state: Running) => Promise<void> {
  let last = 0;
  return async ({ status, progress = 0 }) => {
    if (!report) return;
    last = Math.min(0.999, Math.max(progress, last + 0.000_1));
    await report(last, `${status}, ${Math.round(progress * 100)} %`);
  };
}
