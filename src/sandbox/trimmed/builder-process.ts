import { type ChildProcess, fork } from 'node:child_process';
import type { MakeOutcome } from './make.ts';

/** Variables of the service that the build needs. It gets no address of a database or a storage, and no key. */
const PASSED =
  /^(?:PATH|HOME|TMPDIR|LANG|NO_COLOR|AIRLOCK_DATA_DIR|AIRLOCK_SHOWN_DATA_DIR|AIRLOCK_SANDBOX|https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY)$/;

/** What the builder sends to its parent. */
export type BuilderMessage = { type: 'part'; part: string } | ({ type: 'end' } & MakeOutcome);
/** What the parent sends. The builder ends when the parent is gone. */
export type BuilderOrder = { type: 'pause' } | { type: 'resume' };

export interface BuilderProcess {
  pause(): void;
  resume(): void;
  /** Ends it, with everything that it started. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Resolves when it has ended. Null if it ended without a result. */
  ended: Promise<MakeOutcome | null>;
}

/**
 * Starts `ffmpeg update` in a process of its own, whose priority does not come back: the service keeps its own.
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
