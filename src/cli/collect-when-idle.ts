import { performance } from 'node:perf_hooks';

/** Bytes by which the memory outside of V8's heap must have grown since the last collection before an idle process collects. */
const MUCH_BYTES = 32 * 2 ** 20;
const LOOK_MS = 5_000;
/** Share of the time for which the event loop works, from 0 to 1, below which the process is idle. */
const IDLE_SHARE = 0.1;

interface CollectTools {
  /** Collects all garbage, which takes about 50 ms for the heap of the API. Undefined without `--expose-gc`. */
  collect: (() => void) | undefined;
  /** Returns the bytes of buffers and strings outside of V8's heap. */
  externalBytes: () => number;
  /** Returns the share of the time since its last call for which the event loop has worked, from 0 to 1. */
  busyShare: () => number;
}

/**
 * Collects garbage when the process is idle after a burst of requests. V8 collects only while a process allocates. Without this collection,
 * an idle API keeps 70 MiB of buffers after it has received bodies of 1 MiB in a loop.
 * @returns a function that stops the collections
 */
export function collectWhenIdle(
  tools: CollectTools = toolsOf(globalThis.gc && (() => globalThis.gc?.())),
  everyMs = LOOK_MS,
): () => void {
  const { collect, externalBytes, busyShare } = tools;
  if (!collect) return () => {};
  let leftBytes = externalBytes();
  const timer = setInterval(() => {
    const isIdle = busyShare() < IDLE_SHARE;
    leftBytes = Math.min(leftBytes, externalBytes());
    if (!isIdle || externalBytes() - leftBytes < MUCH_BYTES) return;
    collect();
    leftBytes = externalBytes();
  }, everyMs).unref();
  return () => clearInterval(timer);
}

export function toolsOf(collect: CollectTools['collect']): CollectTools {
  return {
    collect,
    externalBytes: () => process.memoryUsage().external,
    busyShare: busyShareMeter(),
  };
}

/** Returns a function that measures the share of the time since its last call for which the event loop has worked, from 0 to 1. */
export function busyShareMeter(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
