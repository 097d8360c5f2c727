import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Milliseconds for which `work` occupied the event loop at a stretch, and what it gave. The loop cannot have been occupied
 * for longer than the main thread computed, so that time bounds what a busy machine adds.
 */
export async function occupied<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = computedMs();
  delay.enable();
  const result = await work();
  // The stretch that ends now is seen with the next turn of the loop.
  await new Promise((resolve) => setTimeout(resolve, 2));
  delay.disable();
  return { ms: Math.min(delay.max / 1e6, computedMs() - before), result };
}

/** Milliseconds that the main thread of this process has computed; infinite where the kernel does not report it. */
function computedMs(): number {
  try {
    return Number(readFileSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
