import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { WAITS_VARIABLE } from '../../src/supervisor/child.ts';
import { programArgs } from '../program.ts';
import { until } from '../until.ts';
import type { ProcessControl } from './injector.ts';

/** Milliseconds until a process is ready, on a machine that runs many other programs. */
const START_MS = 180_000;

interface RoleOptions {
  role: 'api' | 'worker' | 'gateway';
  env: NodeJS.ProcessEnv;
  /** Path of a file that receives the output. */
  log: string;
  /** Whether a standby process waits to replace a killed process, so that a new process is ready within a tenth of a second. */
  standby: boolean;
}

/** One role of a fleet. A process that ends is replaced, as systemd and Kubernetes do. */
export class RoleProcess implements ProcessControl {
  readonly #options: RoleOptions;
  #current: ChildProcess | null = null;
  #standby: ChildProcess | null = null;
  #ports: Record<string, number> | null = null;
  #isStopping = false;
  #starts = 0;

  constructor(options: RoleOptions) {
    this.#options = options;
    this.#replace();
  }

  /** Ports of the process; null until it is ready. */
  get ports(): Record<string, number> | null {
    return this.#ports;
  }

  get pid(): number | null {
    return this.#current?.pid ?? null;
  }

  /** Number of processes that have run. */
  get starts(): number {
    return this.#starts;
  }

  async ready(): Promise<Record<string, number>> {
    return until(() => this.#ports, { what: `the ${this.#options.role} of a fleet`, timeoutMs: START_MS });
  }

  kill(): void {
    this.#ports = null;
    this.#current?.kill('SIGKILL');
  }

  stop(ms: number): void {
    const child = this.#current;
    child?.kill('SIGSTOP');
    setTimeout(() => child?.kill('SIGCONT'), ms);
  }

  async close(): Promise<void> {
    this.#isStopping = true;
    this.#standby?.kill('SIGKILL');
    const child = this.#current;
    if (!child) return;
    child.kill('SIGCONT');
    child.kill('SIGTERM');
    await until(() => this.#current === null, { what: `the end of the ${this.#options.role}` });
  }

  #replace(): void {
    const child = this.#standby ?? this.#spawn();
    this.#current = child;
    this.#starts += 1;
    begin(child);
    child.once('exit', () => {
      this.#ports = null;
      this.#current = null;
      if (!this.#isStopping) this.#replace();
    });
    this.#standby = this.#options.standby && !this.#isStopping ? this.#spawn() : null;
  }

  #spawn(): ChildProcess {
    const { role, env, log } = this.#options;
    const output = openSync(log, 'a');
    const child = spawn(process.execPath, programArgs([role]), {
      env: { ...env, [WAITS_VARIABLE]: '1' },
      stdio: ['ignore', output, output, 'ipc'],
    });
    closeSync(output);
    child.on('message', (message) => {
      const { type, ports } = message as { type: string; ports: Record<string, number> };
      if (type === 'ready' && child === this.#current) this.#ports = ports;
    });
    return child;
  }
}

/** Lets a process continue that waits for its dependencies, now or once it waits. */
function begin(child: ChildProcess): void {
  const send = () => child.connected && child.send({ type: 'begin', env: {} }, () => {});
  child.on('message', (message) => (message as { type?: string }).type === 'waiting' && send());
  send();
}
