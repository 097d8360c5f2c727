/** Lets a number of tasks run at once; of those that wait, the next is one of the owner that was served longest ago. */
export interface Turns {
  /** Resolves when the task may run. */
  enter(owner?: string): Promise<void>;
  /** One that entered has ended. */
  leave(): void;
  readonly busy: number;
}

interface Waiting {
  owner: string;
  start: () => void;
}

export function createTurns(most: number): Turns {
  const waiting: Waiting[] = [];
  /** When each owner was served last; only of owners that wait, or have been served while others waited. */
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
        // Its place goes straight on to it, so that nobody slips in between.
        task.start();
        return;
      }
      busy--;
      served.clear();
    },
  };
}
