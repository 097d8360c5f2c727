import { stat } from 'node:fs/promises';
import { JobFailure } from '../contract/failures.ts';
import { LookThread, ThreadEnded } from './thread.ts';
import type { LookRequest, LookResult } from './types.ts';

export type { ContainerOrigin, LookRequest, LookResult } from './types.ts';

/** Milliseconds that a look may take, and the slowest disk that a copy is expected of. */
const LOOK_MS = 10_000;
const COPY_BYTES_PER_MS = 10_000;
/** Files after which a thread is replaced, whatever they were. */
const FILES_OF_A_THREAD = 200;
/** Milliseconds without a file after which used threads go, with the memory that they hold; a fresh one waits. */
const REST_MS = 10_000;

export interface Look {
  /**
   * Looks at a file before FFmpeg does, and writes its container anew where nothing is lost by it. `subject` begins
   * the sentence of an error, e.g. `Input 1`. Throws `JobFailure`.
   */
  look(request: LookRequest, options: { subject: string; signal?: AbortSignal }): Promise<LookResult>;
  close(): Promise<void>;
}

/** Readers in threads with limits of their own; at most `threads` at once, kept warm between files. */
export function openLook(options: { threads: number; restMs?: number }): Look {
  const idle: LookThread[] = [new LookThread()];
  const all = new Set(idle);
  const waiting: (() => void)[] = [];
  let busy = 0;
  let resting: NodeJS.Timeout | undefined;

  const take = async (): Promise<LookThread> => {
    clearTimeout(resting);
    while (busy >= options.threads) await new Promise<void>((resolve) => waiting.push(resolve));
    busy++;
    const thread = idle.pop() ?? new LookThread();
    all.add(thread);
    return thread;
  };
  const giveBack = (thread: LookThread, usable: boolean): void => {
    busy--;
    if (usable && thread.files < FILES_OF_A_THREAD) idle.push(thread);
    else {
      all.delete(thread);
      void thread.end();
      // One is always ready: a thread takes longer to start than most files to read.
      if (idle.length === 0) idle.push(new LookThread());
      for (const fresh of idle) all.add(fresh);
    }
    waiting.shift()?.();
    if (busy > 0) return;
    clearTimeout(resting);
    resting = setTimeout(rest, options.restMs ?? REST_MS).unref();
  };
  const rest = (): void => {
    if (busy > 0) return;
    for (const thread of idle.splice(0)) {
      all.delete(thread);
      void thread.end();
    }
    idle.push(new LookThread());
    all.add(idle[0]!);
  };

  return {
    async look(request, { subject, signal }) {
      const { size } = await stat(request.path);
      const ms = LOOK_MS + (request.target === null ? 0 : Math.ceil(size / COPY_BYTES_PER_MS));
      const thread = await take();
      // Only a reader that came to a verdict reads another file.
      let usable = false;
      try {
        signal?.throwIfAborted();
        const answer = await thread.ask(request, ms, signal);
        usable = true;
        if ('refusal' in answer) throw new JobFailure(answer.refusal.code, `${subject} ${answer.refusal.message}`);
        if ('fault' in answer) throw Object.assign(new Error(answer.fault.message), { code: answer.fault.code });
        return answer.result;
      } catch (error) {
        if (!(error instanceof ThreadEnded)) throw error;
        throw new JobFailure('invalid_media', `${subject} ${error.message}`, { cause: error });
      } finally {
        giveBack(thread, usable);
      }
    },
    async close() {
      clearTimeout(resting);
      await Promise.all([...all].map((thread) => thread.end()));
      idle.length = 0;
    },
  };
}
