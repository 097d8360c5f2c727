import { busyShareMeter } from './collect-when-idle.ts';

/** Milliseconds after which the work of a start, and the rehearsal of a worker, have ended. */
const STARTED_MS = 5_000;
/** The share of that time in which an idle process may work. */
const IDLE_SHARE = 0.02;

interface CollectTools {
  /** Collects all garbage. */
  collect: () => Promise<void>;
  /** The share of the time since the last call in which the event loop has worked, 0 to 1. */
  busyShare: () => number;
}

/**
 * Collects once what a start has left in memory, when the process idles: V8 collects only while a process allocates, so files of
 * compiled code, and what modules create while they load, would stay. Takes up to 100 ms of processor time, so a process that has
 * work collects later.
 */
export function collectAfterStart(tools: CollectTools = { collect, busyShare: busyShareMeter() }): void {
  const timer = setInterval(() => {
    if (tools.busyShare() > IDLE_SHARE) return;
    clearInterval(timer);
    // A build of Node.js without an inspector keeps the garbage.
    tools.collect().catch(() => {});
  }, STARTED_MS).unref();
}

/** By the inspector of this process: `--expose-gc` is an option with which V8 rejects the code that the build has compiled. */
async function collect(): Promise<void> {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}
