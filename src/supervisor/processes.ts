import { type ChildProcess, spawn } from 'node:child_process';
import { type BackoffPolicy, createBackoff, DEFAULT_BACKOFF, pause } from './backoff.ts';
import { eachLine, Tail } from './log-lines.ts';
import { SupervisorError } from './supervisor-error.ts';
import type { ProcessExit, ReadyMessage, SupervisorLogger } from './types.ts';

export interface ProcessOptions {
  /** For messages: `api`, `gateway`, `worker`. */
  name: string;
  /** The program; roles run through `process.execPath`. */
  command: string;
  args: readonly string[];
  /** The whole environment; a function sees the last ready message, so that a restart can ask for the same ports. */
  env: NodeJS.ProcessEnv | ((last: ReadyMessage | null) => NodeJS.ProcessEnv);
  logger: SupervisorLogger;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** `ipc`: ready when it sends a ReadyMessage; `spawn`: as soon as it runs. */
  ready?: 'ipc' | 'spawn';
  /** Milliseconds from spawn to ready before it is killed and counts as failed. */
  readyTimeoutMs?: number;
  /** Milliseconds from SIGTERM to SIGKILL. */
  drainMs?: number;
  backoff?: BackoffPolicy;
  /** Starts that may fail before the first success. */
  maximumFirstFailures?: number;
  /** When it is aborted there is no time to drain: the process is killed and not started again. */
  atOnce?: AbortSignal;
  /** Receives whole lines of its output. Default: stdout and stderr of this process. */
  onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Each time it became ready, the first included. */
  onReady?: (message: ReadyMessage) => void;
  /** Each time it ended without being asked to. */
  onDown?: (exit: ProcessExit) => void;
}

export interface SupervisedProcess {
  readonly name: string;
  /** Null while it is down. */
  readonly pid: number | null;
  readonly ready: ReadyMessage;
  readonly restarts: number;
  /** SIGTERM, then SIGKILL to its whole group after the deadline. */
  stop(): Promise<void>;
}

/** Exit codes of sysexits.h from EX_USAGE to EX_CONFIG: the same start would fail the same way again. */
const HOPELESS = { from: 64, to: 78 };

/**
 * Starts a process, waits until it is ready, and starts it again whenever it dies.
 * Rejects when it never becomes ready, with the last lines that it said.
 */
export async function superviseProcess(options: ProcessOptions): Promise<SupervisedProcess> {
  const { name, logger } = options;
  const backoff = createBackoff(options.backoff ?? DEFAULT_BACKOFF);
  const limit = options.maximumFirstFailures ?? 3;
  const stopped = new AbortController();
  options.atOnce?.addEventListener('abort', () => stopped.abort(), { once: true });
  let life = await firstLife(options, limit, backoff.next);
  let restarts = 0;
  const loop = async () => {
    for (let since = performance.now(); ; ) {
      const exit = await life.exited;
      if (stopped.signal.aborted) return;
      logger.error({ role: name, ...exit }, 'a role ended unexpectedly; starting it again');
      options.onDown?.(exit);
      for (let up = false; !up; ) {
        await pause(backoff.next(performance.now() - since), stopped.signal);
        if (stopped.signal.aborted) return;
        since = performance.now();
        life = live(options, life.message);
        up = await life.readiness.then(
          () => true,
          (error: Error) => {
            if (!stopped.signal.aborted)
              logger.error({ role: name, err: error }, 'a role does not start; trying again');
            return false;
          },
        );
      }
      restarts += 1;
    }
  };
  const ended = loop();
  return {
    name,
    get pid() {
      return life.alive() ? (life.child.pid ?? null) : null;
    },
    get ready() {
      return life.message ?? { type: 'ready', ports: {} };
    },
    get restarts() {
      return restarts;
    },
    async stop() {
      stopped.abort();
      await end(life, options.drainMs ?? 30_000, logger);
      await ended;
    },
  };
}

interface Life {
  child: ChildProcess;
  message: ReadyMessage | null;
  /** Rejects with what the process said when it ended before, or did not get ready in time. */
  readiness: Promise<void>;
  exited: Promise<ProcessExit>;
  alive(): boolean;
}

async function firstLife(options: ProcessOptions, limit: number, wait: (livedMs: number) => number): Promise<Life> {
  for (let attempt = 1; ; attempt += 1) {
    const since = performance.now();
    const life = live(options, null);
    try {
      await life.readiness;
      return life;
    } catch (error) {
      const { code } = await life.exited;
      const hopeless = code !== null && code >= HOPELESS.from && code <= HOPELESS.to;
      if (hopeless || attempt >= limit || options.atOnce?.aborted) throw error;
      await pause(wait(performance.now() - since), new AbortController().signal);
    }
  }
}

function live(options: ProcessOptions, last: ReadyMessage | null): Life {
  const { name, env, ready = 'ipc', readyTimeoutMs = 30_000 } = options;
  // A group of its own: Ctrl-C reaches the supervisor alone, which then stops the roles in order.
  const child = spawn(options.command, options.args, {
    env: typeof env === 'function' ? env(last) : env,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
  });
  const tail = new Tail();
  const say = options.onLine ?? ((stream, line) => process[stream].write(`${line}\n`));
  for (const stream of ['stdout', 'stderr'] as const) {
    eachLine(child[stream]!, (line) => {
      tail.push(line);
      say(stream, line);
    });
  }
  let alive = true;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
    // `close`, not `exit`: by then its last words have arrived.
    child.once('exit', () => {
      alive = false;
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const killNow = () => alive && kill(child, 'SIGKILL');
  if (options.atOnce?.aborted) killNow();
  else options.atOnce?.addEventListener('abort', killNow);
  void exited.then(() => options.atOnce?.removeEventListener('abort', killNow));
  const life: Life = { child, message: last, exited, alive: () => alive, readiness: Promise.resolve() };
  life.readiness = new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      kill(child, 'SIGKILL');
      reject(new SupervisorError(`${name} was not ready after ${readyTimeoutMs / 1000} s`, said(tail)));
    }, readyTimeoutMs);
    const settle = (message: ReadyMessage) => {
      clearTimeout(timer);
      life.message = message;
      options.onReady?.(message);
      resolve();
    };
    if (ready === 'spawn') child.once('spawn', () => settle({ type: 'ready', ports: {} }));
    else child.on('message', (message) => isReady(message) && settle(message));
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new SupervisorError(`${name} cannot be started`, `Check ${options.command}`, { cause }));
    });
    void exited.then(({ code, signal }) => {
      clearTimeout(timer);
      reject(new SupervisorError(`${name} ended with ${signal ?? code} before it was ready`, said(tail)));
    });
  });
  life.readiness.catch(() => undefined);
  return life;
}

function said(tail: Tail): string {
  const text = tail.text();
  return text ? `It said:\n${text}` : 'It said nothing';
}

function isReady(message: unknown): message is ReadyMessage {
  const candidate = message as ReadyMessage | null;
  return candidate?.type === 'ready' && typeof candidate.ports === 'object' && candidate.ports !== null;
}

async function end(life: Life, drainMs: number, logger: SupervisorLogger): Promise<void> {
  if (life.alive() && life.child.pid !== undefined) life.child.kill('SIGTERM');
  const timer = setTimeout(() => {
    logger.warn({ pid: life.child.pid, drainMs }, 'a role does not stop in time; killing it');
    kill(life.child, 'SIGKILL');
  }, drainMs);
  await life.exited;
  clearTimeout(timer);
}

/** To its whole group, so that nothing it started stays behind. */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
