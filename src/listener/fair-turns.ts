/** Maximum number of waiting requests that start in a turn of the event loop, so that a turn stays short. */
const STARTS_PER_TURN = 2;
/** A waiting request starts only while fewer requests than this number are between start and `end`. */
const MAX_STARTING = 16;
/** The same limit for the requests of one address, so that a few addresses do not use all of `MAX_STARTING`. */
const MAX_STARTING_PER_ADDRESS = 4;
/** Maximum milliseconds for which new connections precede waiting requests. */
const MAX_DEFER_MS = 25;
/** Milliseconds after which a started request counts as ended, because it may wait for a database that is down. */
const START_MS = 100;

/**
 * Starts the requests of many addresses fairly. The first request of an address starts at once, and each address starts at most one
 * request in a turn of the event loop. A request waits if an earlier request of its address waits or is between start and `end`. Waiting
 * addresses take turns:
 *
 *     run ── nothing of this address starts or waits ──> start
 *       └──> queue of the address ── its turn ──> start
 */
export interface FairTurns {
  /**
   * Calls `start` now or in a later turn of the event loop. Never calls it if `isWanted` is false by then. `start` receives a function to
   * call when the request has been authenticated, so that the limits of its account apply, or when it has a response.
   */
  run(address: string, isWanted: () => boolean, start: (end: () => void) => void): void;
  /**
   * Starts no waiting request in this turn. Call this for each new connection. The event loop accepts one connection per turn, so the turns
   * should be short while many new connections wait.
   */
  defer(): void;
}

type Start = (end: () => void) => void;

interface Waiting {
  isWanted: () => boolean;
  start: Start;
}

export function createFairTurns(): FairTurns {
  return new Turns();
}

class Turns implements FairTurns {
  /** Number of starts that have not ended, by address. */
  readonly #starting = new Map<string, number>();
  /** Addresses that have started a request in this turn. */
  readonly #served = new Set<string>();
  /** Waiting requests, by address. The address that has waited longest for its turn comes first. */
  readonly #queues = new Map<string, Waiting[]>();
  #total = 0;
  #isScheduled = false;
  #isDeferred = false;
  /** Time since which new connections precede waiting requests. Null if they do not precede them. */
  #deferredAt: number | null = null;

  defer(): void {
    this.#isDeferred = true;
  }

  run(address: string, isWanted: () => boolean, start: Start): void {
    const queue = this.#queues.get(address);
    const waiting = { isWanted, start };
    if (queue) queue.push(waiting);
    else if (this.#starting.has(address) || this.#served.has(address)) this.#queues.set(address, [waiting]);
    else this.#begin(address, start);
    this.#schedule();
  }

  #begin(address: string, start: Start): void {
    this.#total++;
    this.#served.add(address);
    this.#starting.set(address, (this.#starting.get(address) ?? 0) + 1);
    let hasEnded = false;
    const end = () => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(timer);
      this.#countEnd(address);
    };
    const timer = setTimeout(end, START_MS);
    start(end);
  }

  #countEnd(address: string): void {
    this.#total--;
    const others = this.#starting.get(address)! - 1;
    if (others > 0) this.#starting.set(address, others);
    else this.#starting.delete(address);
    if (this.#queues.size > 0) this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#takeTurn());
  }

  #takeTurn(): void {
    this.#isScheduled = false;
    this.#served.clear();
    if (this.#letsConnectionsFirst()) {
      this.#schedule();
      return;
    }
    this.#deferredAt = null;
    const starts = this.#startWaiting();
    if (starts > 0 && this.#queues.size > 0) this.#schedule();
  }

  #letsConnectionsFirst(): boolean {
    if (!this.#isDeferred) return false;
    this.#isDeferred = false;
    this.#deferredAt ??= performance.now();
    return performance.now() - this.#deferredAt < MAX_DEFER_MS;
  }

  /** Starts waiting requests, and returns their number. */
  #startWaiting(): number {
    let starts = 0;
    for (const [address, queue] of this.#queues) {
      if (starts === STARTS_PER_TURN || this.#total >= MAX_STARTING) break;
      // An address that is queued again after its turn appears a second time in this loop.
      if (this.#served.has(address)) continue;
      if ((this.#starting.get(address) ?? 0) >= MAX_STARTING_PER_ADDRESS) continue;
      const next = shiftWanted(queue);
      this.#queues.delete(address);
      if (queue.length > 0) this.#queues.set(address, queue);
      if (!next) continue;
      starts++;
      this.#begin(address, next.start);
    }
    return starts;
  }
}

/** Returns the next request that is still wanted. Requests of closed connections take no turn and are removed from memory. */
function shiftWanted(queue: Waiting[]): Waiting | undefined {
  for (;;) {
    const next = queue.shift();
    if (!next || next.isWanted()) return next;
  }
}
