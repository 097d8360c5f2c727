import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/* Limits that several campaigns check. Each check returns one sentence for each violation. */

/** Maximum number of bytes by which the process may grow over a campaign. A single case needs less. */
const MAX_GROWTH_BYTES = 300 * 2 ** 20;
/** Maximum number of bytes of index per byte of a file. A sample of one byte can have a row in each of eight tables. */
const MAX_INDEX_FACTOR = 64;

/** Starts to measure the memory of this process. Returns the check for the end of the campaign. */
export function watchMemory(): () => string[] {
  const started = process.memoryUsage.rss();
  return () => {
    globalThis.gc?.();
    const growth = process.memoryUsage.rss() - started;
    return growth > MAX_GROWTH_BYTES ? [`memory has grown by ${Math.round(growth / 2 ** 20)} MiB`] : [];
  };
}

/** Starts to measure the time of one case. Returns the check for the end of the case. */
export function watchTime(maxMs: number): () => string[] {
  const began = performance.now();
  return () => {
    const took = performance.now() - began;
    return took > maxMs ? [`took ${Math.round(took)} ms`] : [];
  };
}

/**
 * Runs `run` up to three times, until it needs at most `againMs` milliseconds of processor time. A single run may be slow because this
 * process collects garbage. Returns the last result and the shortest time.
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

/** Checks the size of a container that was written from a file of `bytes` bytes. */
export function sizeFaults(path: string, bytes: number): string[] {
  const { size } = statSync(path);
  return size > bytes * MAX_INDEX_FACTOR ? [`became ${size} bytes`] : [];
}

/** Describes an error that no case may throw, with the first lines of its stack. */
export function faultOf(error: unknown): string {
  return (error as Error).stack?.split('\n').slice(0, 4).join(' ') ?? `an error without a stack: ${error}`;
}

/** Removes the files of a case, whose names start with `case-`. */
export function removeCase(folder: string): void {
  for (const name of readdirSync(folder)) if (name.startsWith('case-')) rmSync(join(folder, name), { force: true });
}
