import type { Lane } from '../queue/queue.ts';

/** Lets idle slots sleep until something is enqueued, or for a while: a notification can be lost. */
export interface Wakeups {
  /** Resolves on `wake` of one of the lanes, after `ms`, or when the signal aborts. */
  sleep(lanes: readonly Lane[], ms: number, signal: AbortSignal): Promise<void>;
  wake(lane: Lane): void;
  wakeAll(): void;
}

export function createWakeups(): Wakeups {
  const sleepers = new Set<{ lanes: readonly Lane[]; wake: () => void }>();
  return {
    sleep(lanes, ms, signal) {
      return new Promise((resolve) => {
        const sleeper = {
          lanes,
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
        if (signal.aborted) sleeper.wake();
      });
    },
    wake(lane) {
      for (const sleeper of sleepers) if (sleeper.lanes.includes(lane)) sleeper.wake();
    },
    wakeAll() {
      for (const sleeper of sleepers) sleeper.wake();
    },
  };
}
