import type { KillReason } from '../cell/classify-end.ts';

const REASONS: readonly KillReason[] = ['canceled', 'limit_wall', 'limit_cpu', 'limit_output', 'limit_processes'];

/** State of one running cell, in memory that the threads of this process share. */
export class WatchState {
  readonly buffer: SharedArrayBuffer;
  /** 0 without a reason, otherwise 1 + index in `REASONS`. */
  readonly #reason: Int32Array;
  readonly #figures: Float64Array;

  constructor(buffer = new SharedArrayBuffer(24)) {
    this.buffer = buffer;
    this.#reason = new Int32Array(buffer, 0, 1);
    this.#figures = new Float64Array(buffer, 8, 2);
  }

  /** The reason why the service killed the cell. Null if the service has not killed it. */
  get reason(): KillReason | null {
    return REASONS[Atomics.load(this.#reason, 0) - 1] ?? null;
  }

  /** Sets the reason. The first reason wins, regardless of the thread that sets it. */
  setReason(reason: KillReason): void {
    Atomics.compareExchange(this.#reason, 0, 0, 1 + REASONS.indexOf(reason));
  }

  /** CPU time of the program at the last check, in milliseconds. */
  get cpuMs(): number {
    return this.#figures[0]!;
  }

  /** Peak resident memory of the program, in bytes. */
  get peakBytes(): number {
    return this.#figures[1]!;
  }

  record({ cpuMs = 0, peakBytes = 0 }: { cpuMs?: number; peakBytes?: number }): void {
    this.#figures[0] = Math.max(this.cpuMs, cpuMs);
    this.#figures[1] = Math.max(this.peakBytes, peakBytes);
  }
}
