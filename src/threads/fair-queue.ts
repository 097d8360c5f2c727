/** Limits concurrent tasks. The next task comes from the waiting owner that was served least recently. */
export interface FairQueue {
  /** Resolves when a task may run. */
  enter(owner?: string): Promise<void>;
  /** Must be called when a task has ended. */
  leave(): void;
  readonly busy: number;
}

interface Waiting {
  owner: string;
  start: () => void;
}

export function createFairQueue(limit: number): FairQueue {
  const waiting: Waiting[] = [];
  /** Sequence number of each owner's last task; cleared when no task waits. */
  const served = new Map<string, number>();
  let count = 0;
  let busy = 0;

  const next = (): Waiting | undefined => {
    let best = 0;
    const since = (index: number) => served.get(waiting[index]!.owner) ?? 0;
    for (let index = 1; index < waiting.length; index++) if (since(index) < since(best)) best = index;
    return waiting.splice(best, 1)[0];
  };

  return {
    get busy() {
      return busy;
    },
    async enter(owner = '') {
      if (busy < limit) busy++;
      else await new Promise<void>((start) => waiting.push({ owner, start }));
      served.set(owner, ++count);
    },
    leave() {
      const task = next();
      if (task) {
        // Pass the slot directly to the next task, so that no new task overtakes it.
        task.start();
        return;
      }
      busy--;
      served.clear();
    },
  };
}
