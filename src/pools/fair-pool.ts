import { mayTakePlace, type PoolShape } from './share.ts';

/** Returns a place to the pool. Further calls do nothing. */
export type ReturnPlace = () => void;

export interface WaitLimits {
  /** Aborting the signal ends the wait, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds after which the wait rejects with `NoPlace`. */
  maxMs?: number | undefined;
}

/** Rejection of a wait during which the account got no place in time. The work has not started. */
export class NoPlace extends Error {
  readonly waitedMs: number;

  constructor(waitedMs: number) {
    super(`no place within ${waitedMs} ms`);
    this.name = 'NoPlace';
    this.waitedMs = waitedMs;
  }
}

/** Starts a waiting piece of work in the place. */
type Start = (place: ReturnPlace) => void;

/**
 * A pool of places that accounts share by the rule of `share.ts`. A free place goes to the waiting account with the fewest places.
 * Among equals, the place goes to the account that got a place least recently, then to the account that has waited longest.
 */
export class FairPool {
  readonly #shape: PoolShape;
  /** Number of places that each account has. */
  readonly #held = new Map<string, number>();
  /** Waiting work by account. The account that has waited longest comes first. */
  readonly #waiting = new Map<string, Set<Start>>();
  /** Sequence number of the place that each account got last. Cleared when no work waits. */
  readonly #last = new Map<string, number>();
  #count = 0;
  #taken = 0;

  constructor(shape: PoolShape) {
    this.#shape = shape;
  }

  /** Number of places that are taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Number of places that the account has. */
  heldBy(account: string): number {
    return this.#held.get(account) ?? 0;
  }

  /** Whether the account would get a place now. */
  hasPlace(account: string): boolean {
    return mayTakePlace(this.#shape, { taken: this.#taken, own: this.heldBy(account) });
  }

  /** Takes a place without waiting. Returns null if the account may not take another place now. */
  tryTake(account: string): ReturnPlace | null {
    return this.hasPlace(account) ? this.take(account) : null;
  }

  /** Takes a place even if the account may not take another place, for work that has already started. */
  take(account: string): ReturnPlace {
    this.#taken += 1;
    this.#held.set(account, this.heldBy(account) + 1);
    this.#last.set(account, ++this.#count);
    let isReturned = false;
    return () => {
      if (isReturned) return;
      isReturned = true;
      this.#return(account);
    };
  }

  /** Resolves when the account has a place, to the function that returns this place. */
  async wait(account: string, limits: WaitLimits = {}): Promise<ReturnPlace> {
    limits.signal?.throwIfAborted();
    // Waiting work of the account gets places first, even if this work could get a place now.
    const isNext = !this.#waiting.has(account);
    return (isNext ? this.tryTake(account) : null) ?? this.#queue(account, limits);
  }

  /** Runs `work` when the account has a place, and then returns the place. */
  async run<T>(account: string, limits: WaitLimits, work: () => Promise<T>): Promise<T> {
    const leave = await this.wait(account, limits);
    try {
      return await work();
    } finally {
      leave();
    }
  }

  #return(account: string): void {
    this.#taken -= 1;
    const left = this.heldBy(account) - 1;
    if (left > 0) this.#held.set(account, left);
    else this.#held.delete(account);
    while (this.#startNext());
    if (this.#waiting.size === 0) this.#last.clear();
  }

  /** Starts the next waiting work. Returns whether any waiting work was allowed to start. */
  #startNext(): boolean {
    let next: string | undefined;
    for (const account of this.#waiting.keys()) {
      if (this.hasPlace(account) && (next === undefined || this.#isBefore(account, next))) next = account;
    }
    if (next === undefined) return false;
    const [start] = this.#waiting.get(next)!;
    this.#remove(next, start!);
    start!(this.take(next));
    return true;
  }

  #isBefore(account: string, other: string): boolean {
    const places = this.heldBy(account) - this.heldBy(other);
    return places < 0 || (places === 0 && (this.#last.get(account) ?? 0) < (this.#last.get(other) ?? 0));
  }

  #queue(account: string, { signal, maxMs }: WaitLimits): Promise<ReturnPlace> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
      };
      const start: Start = (place) => {
        settle();
        resolve(place);
      };
      const giveUp = (reason: unknown) => {
        settle();
        this.#remove(account, start);
        reject(reason);
      };
      const onAbort = () => giveUp(signal!.reason);
      const timer = maxMs === undefined ? undefined : setTimeout(() => giveUp(new NoPlace(maxMs)), maxMs);
      signal?.addEventListener('abort', onAbort, { once: true });
      const queue = this.#waiting.get(account);
      if (queue) queue.add(start);
      else this.#waiting.set(account, new Set([start]));
    });
  }

  #remove(account: string, start: Start): void {
    const queue = this.#waiting.get(account);
    queue?.delete(start);
    if (queue?.size === 0) this.#waiting.delete(account);
  }
}
