/** Requests of waiting addresses that start in a turn of the event loop, so that a turn stays short. */
const STARTS_PER_TURN = 2;
/** Requests that may be between start and `end` while others wait. */
const MAX_STARTING = 16;
/** The same for one address, so that a few addresses leave some for the others. */
const MAX_STARTING_PER_ADDRESS = 4;
/** Milliseconds for which waiting requests let new connections go first. */
const MAX_DEFER_MS = 25;
/** Milliseconds after which a start that has not ended no longer counts: it may wait for a database that is down. */
const START_MS = 100;

/**
 * Starts work of many addresses fairly. An address starts its first request at once, and at most one in a turn of the
 * event loop. Requests that arrive while it has others at their start wait, and the addresses that wait take turns:
 *
 *     run ── nothing of this address starts or waits ──> start
 *       └──> queue of the address ── its turn ──> start
 */
export interface FairTurns {
  /**
   * Calls `start` now or in a later turn of the event loop. `start` gets a function to call when the request has been
   * authenticated, so that the limits of its account apply, or answered.
   */
  run(address: string, start: (end: () => void) => void): void;
  /**
   * Starts nothing that waits in this turn. Call it for each new connection: the event loop accepts one in a turn, so a
   * client behind many new connections waits for as many turns, which should be short.
   */
  defer(): void;
}

type Start = (end: () => void) => void;

export function createFairTurns(): FairTurns {
  /** Starts that have not ended, by address. */
  const starting = new Map<string, number>();
  /** Addresses that have started a request in this turn. */
  const served = new Set<string>();
  /** Waiting work, by address; the next address first. */
  const queues = new Map<string, Start[]>();
  let total = 0;
  let isScheduled = false;
  let isDeferred = false;
  /** Since when new connections go first; null if they do not. */
  let deferredAt: number | null = null;

  function begin(address: string, start: Start): void {
    total++;
    served.add(address);
    starting.set(address, (starting.get(address) ?? 0) + 1);
    let hasEnded = false;
    const end = () => {
      if (hasEnded) return;
      hasEnded = true;
      clearTimeout(timer);
      total--;
      const others = starting.get(address)! - 1;
      if (others > 0) starting.set(address, others);
      else starting.delete(address);
      if (queues.size > 0) schedule();
    };
    const timer = setTimeout(end, START_MS);
    start(end);
  }

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(takeTurn);
  }

  function takeTurn(): void {
    isScheduled = false;
    served.clear();
    if (isDeferred) {
      isDeferred = false;
      deferredAt ??= performance.now();
      if (performance.now() - deferredAt < MAX_DEFER_MS) {
        schedule();
        return;
      }
    }
    deferredAt = null;
    let starts = 0;
    for (const [address, queue] of queues) {
      if (starts === STARTS_PER_TURN || total >= MAX_STARTING) break;
      // An address that is queued behind the others appears again in this loop.
      if (served.has(address)) continue;
      if ((starting.get(address) ?? 0) >= MAX_STARTING_PER_ADDRESS) continue;
      const next = queue.shift()!;
      queues.delete(address);
      if (queue.length > 0) queues.set(address, queue);
      starts++;
      begin(address, next);
    }
    if (starts > 0 && queues.size > 0) schedule();
  }

  return {
    defer() {
      isDeferred = true;
    },
    run(address, start) {
      const queue = queues.get(address);
      if (queue) queue.push(start);
      else if (starting.has(address) || served.has(address)) queues.set(address, [start]);
      else begin(address, start);
      schedule();
    },
  };
}
