/** Deliveries that a worker makes at a time. Each costs a few sockets, and waits for its destination. */
const DELIVERIES = 16;
/** Deliveries of an account, and of all accounts, that may wait without a slot. */
const [MAX_OWN_WAITING, MAX_WAITING] = [32, 256];

interface Waiting {
  accountId: string;
  start: () => void;
}

/**
 * Limits the concurrent deliveries of a worker. An account gets a turn only while it has fewer than are free, so that
 * accounts with slow destinations leave turns for others. Among waiting accounts, the account with the fewest deliveries is
 * next.
 */
export class DeliveryTurns {
  readonly #limit: number;
  readonly #running: string[] = [];
  readonly #waiting: Waiting[] = [];

  constructor(limit = DELIVERIES) {
    this.#limit = limit;
  }

  /**
   * Whether another delivery of the account may wait without a slot. A job with slow destinations keeps its slot otherwise, so
   * that a worker claims no more jobs than it can deliver.
   */
  mayWait(accountId: string): boolean {
    const own = this.#waiting.filter((one) => one.accountId === accountId).length;
    return own < MAX_OWN_WAITING && this.#waiting.length < MAX_WAITING;
  }

  /** Runs `work` when it is its turn. Rejects with the reason of the signal if that aborts before. */
  async run<T>(accountId: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(accountId, signal);
    try {
      return await work();
    } finally {
      this.#running.splice(this.#running.indexOf(accountId), 1);
      this.#startNext();
    }
  }

  #enter(accountId: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(entry), 1);
        reject(signal.reason);
      };
      const entry = {
        accountId,
        start: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(entry);
      this.#startNext();
    });
  }

  #startNext(): void {
    const countOf = (accountId: string) => this.#running.filter((one) => one === accountId).length;
    for (;;) {
      const free = this.#limit - this.#running.length;
      const next = this.#waiting
        .filter(({ accountId }) => countOf(accountId) < free)
        .reduce<Waiting | null>(
          (best, one) => (best && countOf(best.accountId) <= countOf(one.accountId) ? best : one),
          null,
        );
      if (!next) return;
      this.#waiting.splice(this.#waiting.indexOf(next), 1);
      this.#running.push(next.accountId);
      next.start();
    }
  }
}
