import { type ChildProcess, spawn } from 'node:child_process';
import { type BackoffPolicy, createBackoff, DEFAULT_BACKOFF, pause } from './backoff.ts';
import { failureIn, SUPERVISED_VARIABLE } from './child.ts';
import { eachLine, Tail } from './log-lines.ts';
import { StartFailure, SupervisorError } from './supervisor-error.ts';
import type { ProcessExit, ReadyMessage, SupervisorLogger } from './types.ts';

export interface ProcessOptions {
  /** Name of the process for messages: `api`, `gateway` or `worker`. */
  name: string;
  /** The program. The program of a role is `process.execPath`. */
  command: string;
  args: readonly string[];
  /** The entire environment. A function receives the last ready message, so that a restart can request the same ports. */
  env: NodeJS.ProcessEnv | ((last: ReadyMessage | null) => NodeJS.ProcessEnv);
  logger: SupervisorLogger;
  cwd?: string;
  uid?: number;
  gid?: number;
  /** When the process is ready: with `ipc`, once it sends a ReadyMessage; with `spawn`, as soon as it runs. */
  ready?: 'ipc' | 'spawn';
  /** Milliseconds from spawn to ready. A process that takes longer is killed and counts as failed. */
  readyTimeoutMs?: number;
  /** Milliseconds from SIGTERM to SIGKILL. */
  drainMs?: number;
  backoff?: BackoffPolicy;
  /** Number of failed starts after which the first start is given up. */
  maximumFirstFailures?: number;
  /** Once aborted, the process is killed without draining, and is not restarted. */
  immediate?: AbortSignal;
  /** Once aborted, the process is killed unless it has already been ready. */
  abandoned?: AbortSignal;
  /** Receives complete lines of the process's output. By default, the lines are written to stdout and stderr of this process. */
  onLine?: (stream: 'stdout' | 'stderr', line: string) => void;
  /** Called each time the process becomes ready, including the first time. */
  onReady?: (message: ReadyMessage) => void;
  /** Receives other messages that the process sends. `reply` sends a message back, even before the process is ready. */
  onMessage?: (message: unknown, reply: (message: object) => void) => void;
  /** Called each time the process exits unexpectedly. */
  onDown?: (exit: ProcessExit) => void;
}

export interface SupervisedProcess {
  readonly name: string;
  /** Null while the process is down. */
  readonly pid: number | null;
  readonly ready: ReadyMessage;
  readonly restarts: number;
  /** Sends a message to the process if it runs. */
  send(message: object): void;
  /** Sends SIGTERM to the process, and SIGKILL to its entire group after the deadline. Resolves when the process has ended. */
  stop(): Promise<void>;
}

/** Exit codes of sysexits.h from EX_USAGE to EX_CONFIG, after which a retry would fail in the same way. */
const PERMANENT_FAILURE = { from: 64, to: 78 };

/**
 * Starts a process, waits until it is ready, and restarts it whenever it exits. Rejects if the process does not become ready, with the
 * reason that the process reports, or else with its last output.
 */
export async function superviseProcess(options: ProcessOptions): Promise<SupervisedProcess> {
  const { name, logger } = options;
  const backoff = createBackoff(options.backoff ?? DEFAULT_BACKOFF);
  const limit = options.maximumFirstFailures ?? 3;
  const stopped = new AbortController();
  options.immediate?.addEventListener('abort', () => stopped.abort(), { once: true });
  let run = await firstRun(options, limit, backoff.next);
  let restarts = 0;
  const loop = async () => {
    for (let since = performance.now(); ; ) {
      const exit = await run.exited;
      if (stopped.signal.aborted) return;
      // A role exits with 0 only when it is told to stop, and this supervisor has not told the role to stop.
      if (exit.code === 0) logger.warn({ role: name }, 'another process stopped a role; restarting it');
      else logger.error({ role: name, ...exit, ...reasonOf(run) }, 'a role exited unexpectedly; restarting it');
      options.onDown?.(exit);
      for (let up = false; !up; ) {
        await pause(backoff.next(performance.now() - since), stopped.signal);
        if (stopped.signal.aborted) return;
        since = performance.now();
        run = start(options, run.message);
        up = await run.readiness.then(
          () => true,
          (error: Error) => {
            if (!stopped.signal.aborted) logger.error({ role: name, err: error }, 'a role failed to start; retrying');
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
      return run.alive() ? (run.child.pid ?? null) : null;
    },
    get ready() {
      return run.message ?? { type: 'ready', ports: {} };
    },
    get restarts() {
      return restarts;
    },
    send(message) {
      post(run.child)(message);
    },
    async stop() {
      stopped.abort();
      await stopRun(run, options.drainMs ?? 30_000, logger);
      await ended;
    },
  };
}

/** A run of the process, from spawn to exit. */
interface Run {
  child: ChildProcess;
  message: ReadyMessage | null;
  /** The reason why the process exits. Null if the process has not reported a reason. */
  failure: string | null;
  /** Resolves when the process is ready. Rejects with the reason if the process exits before that, or is not ready in time. */
  readiness: Promise<void>;
  exited: Promise<ProcessExit>;
  alive(): boolean;
}

async function firstRun(options: ProcessOptions, limit: number, wait: (uptimeMs: number) => number): Promise<Run> {
  for (let attempt = 1; ; attempt += 1) {
    const since = performance.now();
    const run = start(options, null);
    try {
      await run.readiness;
      return run;
    } catch (error) {
      const { code } = await run.exited;
      if (isPermanent(code) || attempt >= limit || options.immediate?.aborted || options.abandoned?.aborted)
        throw error;
      await pause(wait(performance.now() - since), new AbortController().signal);
    }
  }
}

function start(options: ProcessOptions, last: ReadyMessage | null): Run {
  const { env } = options;
  // A separate process group, so that Ctrl-C reaches only the supervisor, which then stops the roles in order.
  const child = spawn(options.command, options.args, {
    env: { ...(typeof env === 'function' ? env(last) : env), [SUPERVISED_VARIABLE]: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    ...(options.uid !== undefined && { uid: options.uid }),
    ...(options.gid !== undefined && { gid: options.gid }),
  });
  const tail = new Tail();
  const onLine = options.onLine ?? ((stream, line) => process[stream].write(`${line}\n`));
  for (const stream of ['stdout', 'stderr'] as const) {
    eachLine(child[stream]!, (line) => {
      tail.push(line);
      onLine(stream, line);
    });
  }
  let alive = true;
  const exited = new Promise<ProcessExit>((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: null, signal: null });
    });
    // Resolve on `close`, not on `exit`, because the last output has arrived by then.
    child.once('exit', () => {
      alive = false;
    });
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const killNow = () => alive && kill(child, 'SIGKILL');
  for (const signal of [options.immediate, options.abandoned]) {
    if (signal?.aborted) killNow();
    else signal?.addEventListener('abort', killNow);
    void exited.then(() => signal?.removeEventListener('abort', killNow));
  }
  const run: Run = { child, message: last, failure: null, exited, alive: () => alive, readiness: Promise.resolve() };
  run.readiness = becomeReady(run, options, tail).then(() => options.abandoned?.removeEventListener('abort', killNow));
  run.readiness.catch(() => undefined);
  return run;
}

/** Resolves when the process is ready. Rejects if the process exits earlier, or is not ready in time. */
function becomeReady(run: Run, options: ProcessOptions, tail: Tail): Promise<void> {
  const { name, ready = 'ipc', readyTimeoutMs = 30_000, onMessage } = options;
  const { child, exited } = run;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      kill(child, 'SIGKILL');
      reject(new SupervisorError(`${name} was not ready after ${readyTimeoutMs / 1000} s`, outputOf(tail)));
    }, readyTimeoutMs);
    const settle = (message: ReadyMessage) => {
      clearTimeout(timer);
      run.message = message;
      options.onReady?.(message);
      resolve();
    };
    if (ready === 'spawn') child.once('spawn', () => settle({ type: 'ready', ports: {} }));
    else
      child.on('message', (message) => {
        const failure = failureIn(message);
        if (failure !== null) run.failure = failure;
        else if (isReady(message)) settle(message);
        else onMessage?.(message, post(child));
      });
    child.once('error', (cause) => {
      clearTimeout(timer);
      reject(new SupervisorError(`${name} cannot be started`, `Check ${options.command}`, { cause }));
    });
    void exited.then((exit) => {
      clearTimeout(timer);
      reject(startError(name, exit, run.failure, tail));
    });
  });
}

/**
 * Returns a function that sends messages to the process. The process may exit at any moment, so a caller that waits for a response has its
 * own time-out.
 */
function post(child: ChildProcess): (message: object) => void {
  return (message) => {
    if (child.connected) child.send(message, () => {});
  };
}

/** Exit code for processes that could not start, unless they exit with a code of sysexits.h, which keeps its meaning. */
const UNAVAILABLE = 69;

function startError(name: string, { code, signal }: ProcessExit, failure: string | null, tail: Tail): Error {
  if (failure !== null) return new StartFailure(failure, isPermanent(code) ? code : UNAVAILABLE);
  return new SupervisorError(`${name} exited with ${signal ?? code} before it was ready`, outputOf(tail));
}

function isPermanent(code: number | null): code is number {
  return code !== null && code >= PERMANENT_FAILURE.from && code <= PERMANENT_FAILURE.to;
}

function reasonOf({ failure }: Run): { reason?: string } {
  return failure === null ? {} : { reason: failure };
}

function outputOf(tail: Tail): string {
  const text = tail.lastWords();
  return text ? `Its last words: ${text}` : 'It produced no output';
}

function isReady(message: unknown): message is ReadyMessage {
  const candidate = message as ReadyMessage | null;
  return candidate?.type === 'ready' && typeof candidate.ports === 'object' && candidate.ports !== null;
}

async function stopRun(run: Run, drainMs: number, logger: SupervisorLogger): Promise<void> {
  if (run.alive() && run.child.pid !== undefined) run.child.kill('SIGTERM');
  const timer = setTimeout(() => {
    logger.warn({ pid: run.child.pid, drainMs }, 'a role did not stop in time; killing it');
    kill(run.child, 'SIGKILL');
  }, drainMs);
  await run.exited;
  clearTimeout(timer);
}

/**
 * Signals the entire process group, so that no child is left behind. Right after its start, the process may not lead a group yet (seen with
 * Node 24 on a busy machine). It then has no children, so the signal is sent to the process alone.
 */
function kill(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    child.kill(signal);
  }
}
