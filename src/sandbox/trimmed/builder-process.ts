import { type ChildProcess, fork } from 'node:child_process';
import type { MakeOutcome } from './make.ts';
import type { Steps } from './steps.ts';

/** Environment variables that the builder gets from the service. They contain no address of a database or storage, and no key. */
const PASSED =
  /^(?:PATH|HOME|TMPDIR|LANG|NO_COLOR|AIRLOCK_DATA_DIR|AIRLOCK_SHOWN_DATA_DIR|AIRLOCK_SANDBOX|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)$/;

/** Messages of the builder to its parent. */
export type BuilderMessage = { type: 'part'; part: string } | ({ type: 'end' } & MakeOutcome);
/** Messages of the parent to the builder. The builder exits when its parent exits. */
export type BuilderOrder = { type: 'pause' } | { type: 'resume' };

export interface BuilderProcess {
  pause(): void;
  resume(): void;
  /** Stops the builder and every process that it started. Resolves when the builder has exited. */
  stop(): Promise<void>;
  /** Resolves when the builder has exited, with null if it sent no outcome. */
  ended: Promise<MakeOutcome | null>;
}

/**
 * Starts `ffmpeg update` in a separate process, because a process can't raise its priority again, and the service must keep its priority.
 * @param entry path of the program
 */
export function startBuilder(entry: string, onPart: (part: string) => void): BuilderProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
  const child = fork(entry, ['ffmpeg', 'update'], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  let outcome: MakeOutcome | null = null;
  child.on('message', (message: BuilderMessage) => {
    if (message.type === 'part') onPart(message.part);
    if (message.type === 'end') {
      const { type: _, ...end } = message;
      outcome = end;
    }
  });
  const ended = new Promise<MakeOutcome | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('exit', () => resolve(outcome));
  });
  return {
    pause: () => send(child, { type: 'pause' }),
    resume: () => send(child, { type: 'resume' }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    ended,
  };
}

function send(child: ChildProcess, order: BuilderOrder): void {
  if (child.connected) child.send(order, () => {});
}

/** Follows orders of the parent process to pause and resume the build. The parent may send an order before the build has steps. */
export function followOrders(): { onSteps(steps: Steps): void } {
  let steps: Steps | null = null;
  let isPaused = false;
  process.on('message', ({ type }: BuilderOrder) => {
    isPaused = type === 'pause';
    if (isPaused) steps?.pause();
    else steps?.resume();
  });
  return {
    onSteps(opened) {
      steps = opened;
      if (isPaused) opened.pause();
    },
  };
}
