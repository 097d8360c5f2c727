import type { Counter, Histogram, Registry } from 'prom-client';

/** How a process counts what it does; every series carries the label `role`. Durations are seconds. */
export interface Metrics {
  registry: Registry;
  /** Jobs that became final, by `status`: completed, failed, canceled. */
  jobs: Counter<'status'>;
  /** From claim to end. */
  jobSeconds: Histogram;
  /** From acceptance to claim. */
  queueWaitSeconds: Histogram;
  /** `route` is the pattern (`/v1/transcodes/:id`), never the path: ids would make a series each. */
  httpRequests: Counter<'route' | 'method' | 'status'>;
  httpSeconds: Histogram<'route' | 'method'>;
  /** Sandboxed programs that ended, by how (`CellEnd`). */
  cells: Counter<'end'>;
  /** Bytes fetched from sources. */
  fetchBytes: Counter;
}

const JOB_BUCKETS = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const WAIT_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800];
const HTTP_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60];

/**
 * A fresh registry with all of Airlock's metrics. prom-client is loaded here and not before. `processMetrics` adds
 * those of the process itself (CPU, memory, event loop), which cost a timer and some memory.
 */
export async function createMetrics(role: string, options: { processMetrics?: boolean } = {}): Promise<Metrics> {
  // A CommonJS package: bundled, its exports stand under `default` only.
  const { default: prom } = await import('prom-client');
  const registry = new prom.Registry();
  registry.setDefaultLabels({ role });
  if (options.processMetrics) prom.collectDefaultMetrics({ register: registry, prefix: 'airlock_' });
  const registers = [registry];

  return {
    registry,
    jobs: new prom.Counter({
      name: 'airlock_jobs_total',
      help: 'Jobs that became final',
      labelNames: ['status'],
      registers,
    }),
    jobSeconds: new prom.Histogram({
      name: 'airlock_job_seconds',
      help: 'Seconds from claim to end of a job',
      buckets: JOB_BUCKETS,
      registers,
    }),
    queueWaitSeconds: new prom.Histogram({
      name: 'airlock_queue_wait_seconds',
      help: 'Seconds from acceptance to claim of a job',
      buckets: WAIT_BUCKETS,
      registers,
    }),
    httpRequests: new prom.Counter({
      name: 'airlock_http_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    httpSeconds: new prom.Histogram({
      name: 'airlock_http_seconds',
      help: 'Seconds from request to answer',
      labelNames: ['route', 'method'],
      buckets: HTTP_BUCKETS,
      registers,
    }),
    cells: new prom.Counter({
      name: 'airlock_cells_total',
      help: 'Sandboxed programs that ended',
      labelNames: ['end'],
      registers,
    }),
    fetchBytes: new prom.Counter({
      name: 'airlock_fetch_bytes_total',
      help: 'Bytes fetched from sources',
      registers,
    }),
  };
}
