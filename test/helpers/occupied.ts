import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/**
 * Returns the longest time in milliseconds for which `work` occupied the event loop without a break, and its result. The loop cannot have
 * been occupied for longer than the main thread has computed, which limits the effect of a busy machine.
 */
export async function occupied<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const before = computedMs();
  delay.enable();
  const result = await work();
  // The next turn of the loop measures the time that ends now.
  await new Promise((resolve) => setTimeout(resolve, 2));
  delay.disable();
  return { ms: Math.min(delay.max / 1e6, computedMs() - before), result };
}

/** Returns the milliseconds for which the main thread of this process has computed; infinite if the kernel does not report them. */
function computedMs(): number {
  try {
    return Number(readFileSync(`/proc/${process.pid}/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
