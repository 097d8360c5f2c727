/** Work of several owners, one piece in a turn of the event loop, owners in turn. */
export interface BodyTurns {
  /** Runs `work` in a later turn of the event loop. An exception of `work` is not caught. */
  run(owner: string, work: () => void): void;
}

/**
 * Parsing and validating a body of 1 MiB occupies the event loop for some 10 ms. If several large bodies arrive together,
 * other requests would wait for all of them. So each large body waits for a turn of its own, and an account with many large
 * bodies delays those of other accounts by one body.
 */
export function createBodyTurns(): BodyTurns {
  /** Waiting work by owner, the next owner first. */
  const queues = new Map<string, (() => void)[]>();
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled || queues.size === 0) return;
    isScheduled = true;
    setImmediate(takeTurn);
  }

  function takeTurn(): void {
    isScheduled = false;
    const [owner, queue] = queues.entries().next().value!;
    const work = queue.shift()!;
    queues.delete(owner);
    if (queue.length > 0) queues.set(owner, queue);
    schedule();
    work();
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
