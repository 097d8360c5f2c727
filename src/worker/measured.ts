import type { Fetcher } from '../fetcher/index.ts';
import type { Sandbox } from '../sandbox/types.ts';
import type { WorkerMetrics } from '../telemetry/index.ts';

/** Wraps a sandbox to count the cells that it runs. */
export function countCells(sandbox: Sandbox, metrics: WorkerMetrics): Sandbox {
  // The wrapper has the sandbox as its prototype. A copy would not contain programs that are installed later.
  return Object.assign(Object.create(sandbox) as Sandbox, {
    async run(spec) {
      const result = await sandbox.run(spec);
      metrics.cells.inc({ program: spec.program, end: result.end });
      return result;
    },
  } satisfies Partial<Sandbox>);
}

/** Wraps a fetcher to count the bytes that it fetches. */
export function countBytes(fetcher: Fetcher, metrics: WorkerMetrics): Fetcher {
  return {
    ...fetcher,
    download: (url, destination, options = {}) =>
      fetcher.download(url, destination, {
        ...options,
        onBytes(bytes) {
          metrics.fetchBytes.inc(bytes);
          return options.onBytes?.(bytes);
        },
      }),
    async readStart(url, maxBytes, write, signal) {
      const start = await fetcher.readStart(url, maxBytes, write, signal);
      metrics.fetchBytes.inc(start.bytes);
      return start;
    },
    async openRanges(url, limits, signal) {
      const opened = await fetcher.openRanges(url, limits, signal);
      // The download that reads the complete source counts its bytes.
      if (!opened || 'complete' in opened) return opened;
      metrics.fetchBytes.inc(opened.first.length);
      return {
        ...opened,
        async read(start, end, write) {
          await opened.read(start, end, write);
          metrics.fetchBytes.inc(end - start);
        },
      };
    },
  };
}
