import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/* Bounds that several campaigns check. Each function returns what must never be, one sentence each. */

/** Growth of the process over a campaign, which no single case explains. */
const MAX_GROWTH_BYTES = 300 * 2 ** 20;
/** Bytes of index for each byte of a file: a sample of one byte can have a row in each of eight tables. */
const MAX_INDEX_FACTOR = 64;

/** Measures the memory of this process from now on. Returns the check for the end of the campaign. */
export function watchMemory(): () => string[] {
  const started = process.memoryUsage.rss();
  return () => {
    globalThis.gc?.();
    const growth = process.memoryUsage.rss() - started;
    return growth > MAX_GROWTH_BYTES ? [`memory has grown by ${Math.round(growth / 2 ** 20)} MiB`] : [];
  };
}

/** Measures the time of one case from now on, in milliseconds. Returns the check for its end. */
export function watchTime(maxMs: number): () => string[] {
  const began = performance.now();
  return () => {
    const took = performance.now() - began;
    return took > maxMs ? [`took ${Math.round(took)} ms`] : [];
  };
}

/**
 * Runs `run` up to three times, until it needs at most `againMs` milliseconds of processor time. A single run may be slow because this process
 * collects garbage. Returns the last result and the shortest time.
 */
export function measure<T>(run: () => T, againMs: number): { result: T; ms: number } {
  let [ms, left] = [Number.POSITIVE_INFINITY, 3];
  for (;;) {
    const start = process.cpuUsage();
    const result = run();
    const { user, system } = process.cpuUsage(start);
    ms = Math.min(ms, (user + system) / 1000);
    left -= 1;
    if (left === 0 || ms <= againMs) return { result, ms };
  }
}

/** Checks the size of a container that was written for a file of `bytes` bytes. */
export function sizeFaults(path: string, bytes: number): string[] {
  const { size } = statSync(path);
  return size > bytes * MAX_INDEX_FACTOR ? [`became ${size} bytes`] : [];
}

/** An error that no case may throw, with the first lines of its stack. */
export function faultOf(error: unknown): string {
  return (error as Error).stack?.split('\n').slice(0, 4).join(' ') ?? `an error without a stack: ${error}`;
}

/** Removes the files of a case, whose names start with `case-`. */
export function removeCase(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith('case-')) rmSync(join(folder, name), { force: true });
}
