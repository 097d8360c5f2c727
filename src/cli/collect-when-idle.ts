import { performance } from 'node:perf_hooks';

/** Minimum bytes outside of V8's heap, in addition to those after the last collection, for which an idle process collects. */
const MUCH_BYTES = 32 * 2 ** 20;
const LOOK_MS = 5_000;
/** Maximum share of the time for which the event loop of an idle process works. */
const IDLE_SHARE = 0.1;

interface CollectTools {
  /** Collects all garbage; undefined without `--expose-gc`. It takes about 50 ms for the heap of the API. */
  collect: (() => void) | undefined;
  /** Bytes of buffers and strings outside of V8's heap. */
  externalBytes: () => number;
  /** The share of the time since the last call in which the event loop has worked, 0 to 1. */
  busyShare: () => number;
}

/**
 * Collects garbage when the process is idle after a burst. V8 collects only while a process allocates: after bodies of 1 MiB in a loop, an
 * idle API kept 70 MiB of their buffers for as long as it was idle.
 * @returns a function that stops this
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

/** Returns a function that measures the share of the time since its last call for which the event loop has worked, 0 to 1. */
export function busyShareMeter(): () => number {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}
