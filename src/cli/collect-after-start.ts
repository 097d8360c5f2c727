import { busyShareMeter } from './collect-when-idle.ts';

/** Milliseconds after a start within which its work is complete. */
const STARTED_MS = 5_000;
/** Milliseconds after which a busy process checks again whether it is idle. */
const RECHECK_MS = 1_000;
/** Maximum share of the time for which the event loop of an idle process works, from 0 to 1. */
const IDLE_SHARE = 0.02;

interface CollectTools {
  /** Collects all garbage. */
  collect: () => Promise<void>;
  /** Returns the share of the time since its last call for which the event loop has worked, from 0 to 1. */
  busyShare: () => number;
}

/**
 * Collects the garbage of a start once the process is idle. V8 collects only while a process allocates. Without this collection, files of
 * compiled code, and objects that modules create while they load, would stay in memory. A collection takes up to 100 ms of processor time,
 * so a busy process collects later.
 */
export function collectAfterStart(tools: CollectTools = { collect, busyShare: busyShareMeter() }): void {
  const collectIfIdle = () => {
    if (tools.busyShare() > IDLE_SHARE) {
      setTimeout(collectIfIdle, RECHECK_MS).unref();
      return;
    }
    // If this build of Node.js has no inspector, the garbage stays in memory.
    tools.collect().catch(() => {});
  };
  setTimeout(collectIfIdle, STARTED_MS).unref();
}

/**
 * Collects all garbage with the inspector of this process. With the option `--expose-gc`, V8 would reject the code that the build has
 * compiled.
 */
export async function collect(): Promise<void> {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  try {
    await session.post('HeapProfiler.collectGarbage');
  } finally {
    session.disconnect();
  }
}
