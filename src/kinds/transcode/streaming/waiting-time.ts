/** Measures for how long a stream has waited for its source in total. */
export class WaitingTime {
  readonly #maxMs: number;
  readonly #onExceeded: () => void;
  #ms = 0;
  #waits = 0;

  /** Calls `onExceeded` while the stream waits and has waited for more than `maxMs` in total. Can call it several times. */
  constructor(maxMs: number, onExceeded: () => void) {
    this.#maxMs = maxMs;
    this.#onExceeded = onExceeded;
  }

  get isWaiting(): boolean {
    return this.#waits > 0;
  }

  /** Adds the time until `wait` settles. */
  async during<T>(wait: Promise<T>): Promise<T> {
    const since = performance.now();
    const timer = setTimeout(this.#onExceeded, Math.max(0, this.#maxMs - this.#ms));
    this.#waits += 1;
    try {
      return await wait;
    } finally {
      clearTimeout(timer);
      this.#waits -= 1;
      this.#ms += performance.now() - since;
    }
  }
}
