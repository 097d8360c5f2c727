import { AsyncLocalStorage } from 'node:async_hooks';

/*
 * An account's share of the database connections. A request names its account once, when it is authenticated; every query
 * that it causes afterwards counts against that account's share, so that no route can omit it.
 */

/** Milliseconds that a query or transaction waits for its turn among the work of its own account. */
const TURN_MS = 30_000;

/** The work of one account in this process did not get its turn in time. Nothing has happened. */
export class NoTurn extends Error {
  readonly waitedMs: number;

  constructor(waitedMs: number) {
    super(`no turn within ${waitedMs} ms`);
    this.waitedMs = waitedMs;
  }
}

const accountOfWork = new AsyncLocalStorage<string | undefined>();

/** Counts the connections that `work` takes, and everything that it starts, against the share of that account. */
export function forAccount<T>(accountId: string, work: () => T): T {
  return accountOfWork.run(accountId, work);
}

/** Runs work that serves several accounts, and that a request of one of them happens to start. */
export function forAllAccounts<T>(work: () => T): T {
  return accountOfWork.run(undefined, work);
}

/** The account whose work this is; undefined outside of requests. */
export function currentAccount(): string | undefined {
  return accountOfWork.getStore();
}

/** Lets at most `limit` pieces of work of each owner run at a time, first come, first served. */
export class Turns {
  readonly #limit: number;
  readonly #maxMs: number;
  readonly #owners = new Map<string, { running: number; waiting: Set<() => void> }>();

  constructor(limit: number, maxMs = TURN_MS) {
    this.#limit = limit;
    this.#maxMs = maxMs;
  }

  /** Resolves, when it is the caller's turn, to a function that ends the turn. Throws `NoTurn` after the time-out. */
  async take(owner: string): Promise<() => void> {
    const known = this.#owners.get(owner) ?? { running: 0, waiting: new Set() };
    this.#owners.set(owner, known);
    if (known.running < this.#limit) known.running += 1;
    else await this.#next(known.waiting);
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      const [next] = known.waiting;
      // The turn passes on, so `running` stays as it is.
      if (next) next();
      else if (--known.running === 0) this.#owners.delete(owner);
    };
  }

  #next(waiting: Set<() => void>): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        clearTimeout(timer);
        waiting.delete(start);
        resolve();
      };
      const timer = setTimeout(() => {
        waiting.delete(start);
        reject(new NoTurn(this.#maxMs));
      }, this.#maxMs);
      waiting.add(start);
    });
  }
}
