import { vi } from 'vitest';

/**
 * Runs `work` while the clock of this process is off by a number of seconds, as on a machine without time synchronization. The clock stands
 * still meanwhile. Timers and `performance.now()` are unchanged.
 */
export async function withClockOff<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}
