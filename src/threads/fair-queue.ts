/** Runs a limited number of tasks concurrently. The next task is of the waiting owner that was served longest ago. */
export interface FairQueue {
  /** Resolves when the task may run. */
  enter(owner?: string): Promise<void>;
  /** Reports that a task has ended. */
  leave(): void;
  readonly busy: number;
}

interface Waiting {
  owner: string;
  start: () => void;
}

export function createFairQueue(most: number): FairQueue {
  const waiting: Waiting[] = [];
  /** When each owner was last served, for owners that wait or were served while others waited. */
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
      if (busy < most) busy++;
      else await new Promise<void>((start) => waiting.push({ owner, start }));
      served.set(owner, ++count);
    },
    leave() {
      const task = next();
      if (task) {
        // The slot passes straight to the next task, so that no new one overtakes it.
        task.start();
        return;
      }
      busy--;
      served.clear();
    },
  };
}
