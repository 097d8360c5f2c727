/** Starts of one address in a turn of the event loop. */
const STARTS_PER_TURN = 1;
/** Milliseconds of one turn, so that many addresses do not make it long. */
const TURN_MS = 10;

/** Starts work of many addresses fairly: what one address waits for does not depend on how much others have sent. */
export interface FairTurns {
  /** Calls `start` now, or in a later turn of the event loop if the address has started enough in this one. */
  run(address: string, start: () => void): void;
}

export function createFairTurns(): FairTurns {
  /** Starts of each address in this turn. */
  const started = new Map<string, number>();
  /** Waiting work, by address; the next address first. */
  const queues = new Map<string, (() => void)[]>();
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(takeTurn);
  }

  function takeTurn(): void {
    isScheduled = false;
    started.clear();
    const deadline = performance.now() + TURN_MS;
    for (const [address, queue] of [...queues]) {
      const batch = queue.splice(0, STARTS_PER_TURN);
      started.set(address, batch.length);
      queues.delete(address);
      if (queue.length > 0) queues.set(address, queue);
      for (const start of batch) start();
      if (performance.now() > deadline) break;
    }
    if (queues.size > 0) schedule();
  }

  return {
    run(address, start) {
      const queue = queues.get(address);
      const before = started.get(address) ?? 0;
      if (queue) queue.push(start);
      else if (before >= STARTS_PER_TURN) queues.set(address, [start]);
      else {
        started.set(address, before + 1);
        start();
      }
      schedule();
    },
  };
}
