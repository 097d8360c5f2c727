import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { findProgram, runTool } from '../host/commands.ts';
import { TrimmedBuildError } from './build-error.ts';

/** Number of characters from the end of a step's output that an error shows. */
const SHOWN = 800;
const KEPT = 64 * 1024;

/** Environment variables with proxies, which apt and its methods need. */
const PASSED = /^(?:https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|ftp_proxy)$/;

export interface Step {
  /** What the step does, as the completion of "could not …". */
  what: string;
  program: string;
  args: readonly string[];
  /** Account of the process. Defaults to the service's account. */
  account?: { uid: number; gid: number } | null;
  cwd?: string;
  /** Kind of the error if the step fails. */
  onFailure: TrimmedBuildError['kind'];
  /** Path of the file that receives the standard output. By default, `run` returns the output. */
  into?: string;
}

/** Runs the steps of a build one after the other. Each step has a process group, which can pause and exits with this process. */
export class Steps {
  readonly #setpriv: string;
  readonly #signal: AbortSignal;
  readonly #running = new Set<ChildProcess>();
  #isPaused = false;
  #resume: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    const setpriv = findProgram('setpriv');
    if (!setpriv) throw new TrimmedBuildError('impossible', 'the program setpriv (package util-linux) is missing');
    this.#setpriv = setpriv;
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#signalAll('SIGKILL'), { once: true });
  }

  /** Stops the processes of the running step, and delays the next steps. */
  pause(): void {
    this.#isPaused = true;
    this.#signalAll('SIGSTOP');
  }

  resume(): void {
    this.#isPaused = false;
    this.#signalAll('SIGCONT');
    this.#resume?.();
  }

  /** Resolves as soon as the steps are not paused. Rejects with the reason of an abort. */
  async waitWhilePaused(): Promise<void> {
    while (this.#isPaused && !this.#signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#resume = resolve;
        this.#signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    this.#signal.throwIfAborted();
  }

  /** Runs a step. Resolves to the step's standard output. Rejects with a `TrimmedBuildError` if the step fails. */
  async run(step: Step): Promise<string> {
    await this.waitWhilePaused();
    const file = step.into === undefined ? null : await open(step.into, 'w', 0o600);
    try {
      return await this.#complete(step, this.#start(step, file?.fd ?? 'pipe'));
    } finally {
      await file?.close();
    }
  }

  /**
   * Resolves when the process of a step has ended. Listens to the events of the process immediately, because a short process exits before
   * the next turn of the event loop.
   */
  async #complete(step: Step, child: ChildProcess): Promise<string> {
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.on('data', (chunk: Buffer) => {
        output[name] = (output[name] + chunk.toString('utf8')).slice(-KEPT);
      });
    }
    const code = await this.#ended(child);
    this.#signal.throwIfAborted();
    if (code === 0) return output.stdout;
    // An archive's address may contain a password.
    const text = `${output.stdout}\n${output.stderr}`
      .trim()
      .slice(-SHOWN)
      .replace(/\/\/[^/@\s]*@/g, '//');
    throw new TrimmedBuildError(step.onFailure, `could not ${step.what}: ${text || `it exited with ${code}`}`);
  }

  #start({ program, args, account, cwd = '/' }: Step, stdout: number | 'pipe'): ChildProcess {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
    const child = spawn(this.#setpriv, ['--pdeathsig', 'KILL', program, ...args], {
      ...account,
      cwd,
      env: { ...env, LC_ALL: 'C.UTF-8', PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive' },
      // A separate process group, so that one signal reaches every process of the step.
      detached: true,
      stdio: ['ignore', stdout, 'pipe'],
    });
    this.#running.add(child);
    // The steps may have been aborted or paused since `waitWhilePaused`.
    if (this.#signal.aborted) this.#signalAll('SIGKILL');
    else if (this.#isPaused) this.#signalAll('SIGSTOP');
    return child;
  }

  #ended(child: ChildProcess): Promise<number | string | null> {
    return new Promise((resolve) => {
      const end = (result: number | string | null) => {
        this.#running.delete(child);
        resolve(result);
      };
      child.once('error', (error) => end(error.message));
      child.once('close', (code, signal) => end(code ?? signal));
    });
  }

  #signalAll(signal: NodeJS.Signals): void {
    for (const { pid } of this.#running) {
      try {
        if (pid !== undefined) process.kill(-pid, signal);
      } catch {
        // The process has just exited.
      }
    }
  }
}

/**
 * Gives this process, and the processes that it starts later, the lowest priority for processor and disk. If the kernel does not allow a
 * scheduling class, the process only gets the lowest priority by niceness.
 */
export async function becomeIdle(): Promise<void> {
  const pid = String(process.pid);
  for (const [name, args] of [
    ['renice', ['-n', '19', '-p', pid]],
    ['chrt', ['--all-tasks', '--idle', '--pid', '0', pid]],
    ['ionice', ['-c', '3', '-p', pid]],
  ] as const) {
    const program = findProgram(name);
    if (program) await runTool(program, args);
  }
}
