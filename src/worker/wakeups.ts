import { RESOURCE_CLASSES, type ResourceClass } from '../database/tables.ts';

/** Lets idle slots sleep until there is work for them, or for a limited time. */
export interface Wakeups {
  /** Returns the number of wake-ups of these classes so far. Call this before you check for work. */
  count(classes: readonly ResourceClass[]): number;
  /**
   * Resolves on a `wake` of one of the classes, after `ms`, or when the signal aborts. The classes may change while this waits.
   * Resolves immediately if the count differs from `since`, because the caller's check may have missed work that has arrived.
   */
  sleep(classes: () => readonly ResourceClass[], ms: number, signal: AbortSignal, since?: number): Promise<void>;
  /** Wakes the slot of that class that has slept longest, because one job has arrived. */
  wake(resourceClass: ResourceClass): void;
  /** Wakes every slot of these classes. Defaults to all classes. */
  wakeAll(classes?: readonly ResourceClass[]): void;
}

export function createWakeups(): Wakeups {
  const sleepers = new Set<{ classes: () => readonly ResourceClass[]; wake: () => void }>();
  const woken = new Map<ResourceClass, number>();
  const count = (classes: readonly ResourceClass[]) => classes.reduce((sum, name) => sum + (woken.get(name) ?? 0), 0);
  const note = (name: ResourceClass) => woken.set(name, (woken.get(name) ?? 0) + 1);
  return {
    count,
    sleep(classes, ms, signal, since = count(classes())) {
      return new Promise((resolve) => {
        const sleeper = {
          classes,
          wake: () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', sleeper.wake);
            sleepers.delete(sleeper);
            resolve();
          },
        };
        const timer = setTimeout(sleeper.wake, ms);
        signal.addEventListener('abort', sleeper.wake, { once: true });
        sleepers.add(sleeper);
        if (signal.aborted || count(classes()) !== since) sleeper.wake();
      });
    },
    wake(resourceClass) {
      note(resourceClass);
      for (const sleeper of sleepers) if (sleeper.classes().includes(resourceClass)) return sleeper.wake();
    },
    wakeAll(classes = RESOURCE_CLASSES) {
      for (const name of classes) note(name);
      for (const sleeper of sleepers) if (sleeper.classes().some((name) => classes.includes(name))) sleeper.wake();
    },
  };
}
