import { LANES, type Lane } from '../queue/queue.ts';

/** Lets idle slots sleep until something is enqueued, or for a while: a notification can be lost. */
export interface Wakeups {
  /** How often these lanes have been woken so far; take it before looking for work. */
  count(lanes: readonly Lane[]): number;
  /**
   * Resolves on `wake` of one of the lanes, after `ms`, or when the signal aborts; at once when the count is no
   * longer `since`: what came while the caller was looking may have been too late for that look.
   */
  sleep(lanes: readonly Lane[], ms: number, signal: AbortSignal, since?: number): Promise<void>;
  wake(lane: Lane): void;
  wakeAll(): void;
}

export function createWakeups(): Wakeups {
  const sleepers = new Set<{ lanes: readonly Lane[]; wake: () => void }>();
  const woken = new Map<Lane, number>();
  const count = (lanes: readonly Lane[]) => lanes.reduce((sum, lane) => sum + (woken.get(lane) ?? 0), 0);
  const note = (lane: Lane) => woken.set(lane, (woken.get(lane) ?? 0) + 1);
  return {
    count,
    sleep(lanes, ms, signal, since = count(lanes)) {
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
        if (signal.aborted || count(lanes) !== since) sleeper.wake();
      });
    },
    wake(lane) {
      note(lane);
      for (const sleeper of sleepers) if (sleeper.lanes.includes(lane)) sleeper.wake();
    },
    wakeAll() {
      for (const lane of LANES) note(lane);
      for (const sleeper of sleepers) sleeper.wake();
    },
  };
}
