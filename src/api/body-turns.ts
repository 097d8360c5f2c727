/** Runs the work of several owners one piece after another. The owners take turns. */
export interface BodyTurns {
  /** Runs `work` in a later turn of the event loop. An exception of `work` is not caught. */
  run(owner: string, work: () => void): void;
}

/** The pause after a large body, as a multiple of the time that the body took. */
const PAUSE_FACTOR = 3;

/**
 * Creates the turns of large bodies. Parsing and validating a body of 1 MiB blocks the event loop for about 10 ms. A request of another
 * client needs about ten turns of the event loop, so it would wait for ten bodies if each turn parsed one. Large bodies are therefore
 * parsed one after another, with pauses that leave three quarters of the time to other requests. The accounts take turns.
 */
export function createBodyTurns(): BodyTurns {
  /** Waiting work by owner, the next owner first. */
  const queues = new Map<string, (() => void)[]>();
  let isScheduled = false;
  /** Time at which the pause after the last work ends, by `performance.now()`. */
  let resumesAt = 0;

  function schedule(): void {
    if (isScheduled || queues.size === 0) return;
    isScheduled = true;
    const waitMs = resumesAt - performance.now();
    if (waitMs > 0) setTimeout(takeTurn, waitMs);
    else setImmediate(takeTurn);
  }

  function takeTurn(): void {
    const [owner, queue] = queues.entries().next().value!;
    const work = queue.shift()!;
    queues.delete(owner);
    if (queue.length > 0) queues.set(owner, queue);
    const began = performance.now();
    try {
      work();
    } finally {
      const ended = performance.now();
      resumesAt = ended + PAUSE_FACTOR * (ended - began);
      isScheduled = false;
      schedule();
    }
  }

  return {
    run(owner, work) {
      const queue = queues.get(owner);
      if (queue) queue.push(work);
      else queues.set(owner, [work]);
      schedule();
    },
  };
}
