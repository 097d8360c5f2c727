import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { loadProm } from './prom.ts';
import { createSignInMetrics, type SignInMetrics } from './sign-in-metrics.ts';

/* Every series has the label `role`. Durations are in seconds. prom-client is loaded with the first registry. */

export interface HttpMetrics extends SignInMetrics {
  /** `route` is the pattern (`/v1/transcodes/:id`), never the path, because each id would become a series. */
  httpRequests: Counter<'route' | 'method' | 'status'>;
  httpSeconds: Histogram<'route' | 'method'>;
  /** Jobs that clients created; a repeated request with the same `Idempotency-Key` counts once. */
  jobsAccepted: Counter<'class' | 'kind'>;
  /** Reads the number of open event streams at each scrape. */
  countStreams: (read: () => number) => void;
}

export interface WorkerMetrics {
  /** Finished attempts by outcome and kind of job. A worker claims only kinds that it knows, so the label has few values. */
  attempts: Counter<'end' | 'kind'>;
  /** Seconds from the claim of a job to its end. */
  attemptSeconds: Histogram;
  /** Seconds from the acceptance of a job to its first claim. */
  queueWaitSeconds: Histogram;
  /**
   * Seconds of each step of an attempt. Their sum may exceed the duration of the attempt, because a check runs while its output is stored.
   */
  stageSeconds: Histogram<'stage' | 'kind'>;
  /** Attempts that failed, by failure code. */
  failures: Counter<'code' | 'kind'>;
  /** Attempts that started after another attempt of the same job. */
  retries: Counter<'kind'>;
  /** Finished cells by program and outcome (`CellEnd`). */
  cells: Counter<'program' | 'end'>;
  /** Bytes fetched from sources. */
  fetchBytes: Counter;
  /** Bytes of outputs of completed jobs. */
  outputBytes: Counter;
  /** Attempts to deliver a webhook, by result: `delivered`, or a value of `DeliveryError`. */
  webhookAttempts: Counter<'result'>;
  /** Seconds from an event to the first attempt at its delivery. */
  webhookDelaySeconds: Histogram;
  /** Reads at each scrape how many deliveries are being sent. */
  countWebhooks: (read: () => { normal: number; probe: number }) => void;
}

/** Numbers from the database at the time of a scrape; see `fleet/statistics.ts`. */
export interface ServiceNumbers {
  /** Jobs that are not final, by kind: a name of the registry, or `other`. */
  jobs: { status: string; kind: string; count: number }[];
  /** Jobs in the queue and in slots, by resource class. */
  queue: { status: string; resource_class: string; count: number }[];
  /** Seconds since the first waiting job was due, by resource class. 0 if no job waits. */
  oldestWaitingSeconds: Record<string, number>;
  workers: number;
  slots: number;
  storedBytes: number;
  /** Bytes that open upload URLs and unfinished outputs may still add. */
  promisedBytes: number;
  /** Number of items that retention has to delete now, by kind. */
  backlog: Record<string, number>;
  /** Objects that the storage has failed to delete several times. */
  undeletable: number;
  stranded: number;
  /** The disk of the embedded storage; null for other storages, or if it does not respond. */
  space: { freeBytes: number; reserveBytes: number; spareFiles: number } | null;
}

const JOB_BUCKETS = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];
const WAIT_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800];
const STAGE_BUCKETS = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800, 7200];
const HTTP_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 60];

/** Milliseconds between samples of the event loop. prom-client takes these samples with a timer, by default a hundred times per second. */
const SAMPLE_MS = 1_000;
/**
 * Names of the metrics of these samples. They are removed, because the samples are too rare to be meaningful. Each scrape measures
 * `nodejs_eventloop_lag_seconds` instead.
 */
const SAMPLED = ['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(
  (name) => `airlock_nodejs_eventloop_lag_${name}_seconds`,
);

/**
 * Creates the registry of one process. With `processMetrics`, the registry contains the metrics of the process itself (CPU, memory, event
 * loop). Between scrapes, an idle process stays asleep.
 */
export async function createRegistry(role: string, options: { processMetrics?: boolean } = {}): Promise<Registry> {
  const prom = await loadProm();
  const registry = new prom.Registry();
  registry.setDefaultLabels({ role });
  if (options.processMetrics) {
    prom.collectDefaultMetrics({ register: registry, prefix: 'airlock_', eventLoopMonitoringPrecision: SAMPLE_MS });
    for (const name of SAMPLED) registry.removeSingleMetric(name);
  }
  return registry;
}

export async function createHttpMetrics(registry: Registry): Promise<HttpMetrics> {
  const prom = await loadProm();
  const registers = [registry];
  return {
    ...createSignInMetrics(prom, registers),
    httpRequests: new prom.Counter({
      name: 'airlock_http_requests_total',
      help: 'HTTP requests to which the API has responded',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    httpSeconds: new prom.Histogram({
      name: 'airlock_http_seconds',
      help: 'Seconds from a request to the end of its response',
      labelNames: ['route', 'method'],
      buckets: HTTP_BUCKETS,
      registers,
    }),
    jobsAccepted: new prom.Counter({
      name: 'airlock_jobs_accepted_total',
      help: 'Jobs that clients created',
      labelNames: ['class', 'kind'],
      registers,
    }),
    countStreams(read) {
      new prom.Gauge({
        name: 'airlock_event_streams_open',
        help: 'Open streams of events',
        registers,
        collect() {
          this.set(read());
        },
      });
    },
  };
}

export async function createWorkerMetrics(registry: Registry): Promise<WorkerMetrics> {
  const prom = await loadProm();
  const registers = [registry];
  return {
    attempts: new prom.Counter({
      name: 'airlock_attempts_total',
      help: 'Ended attempts, by result',
      labelNames: ['end', 'kind'],
      registers,
    }),
    attemptSeconds: new prom.Histogram({
      name: 'airlock_attempt_seconds',
      help: 'Seconds from the claim of a job to the end of the attempt',
      buckets: JOB_BUCKETS,
      registers,
    }),
    queueWaitSeconds: new prom.Histogram({
      name: 'airlock_queue_wait_seconds',
      help: 'Seconds from the acceptance of a job to its first claim',
      buckets: WAIT_BUCKETS,
      registers,
    }),
    stageSeconds: new prom.Histogram({
      name: 'airlock_stage_seconds',
      help: 'Duration of the steps of attempts in seconds',
      labelNames: ['stage', 'kind'],
      buckets: STAGE_BUCKETS,
      registers,
    }),
    failures: new prom.Counter({
      name: 'airlock_failures_total',
      help: 'Attempts that failed, by error code',
      labelNames: ['code', 'kind'],
      registers,
    }),
    retries: new prom.Counter({
      name: 'airlock_retries_total',
      help: 'Attempts that started after an earlier attempt at the same job',
      labelNames: ['kind'],
      registers,
    }),
    cells: new prom.Counter({
      name: 'airlock_cells_total',
      help: 'Cells that ended, by program and result',
      labelNames: ['program', 'end'],
      registers,
    }),
    fetchBytes: new prom.Counter({
      name: 'airlock_fetch_bytes_total',
      help: 'Bytes that workers fetched from source URLs',
      registers,
    }),
    outputBytes: new prom.Counter({
      name: 'airlock_output_bytes_total',
      help: 'Bytes of the outputs of completed jobs',
      registers,
    }),
    ...createWebhookMetrics(prom, registers),
  };
}

function createWebhookMetrics(
  prom: Awaited<ReturnType<typeof loadProm>>,
  registers: Registry[],
): Pick<WorkerMetrics, 'webhookAttempts' | 'webhookDelaySeconds' | 'countWebhooks'> {
  return {
    webhookAttempts: new prom.Counter({
      name: 'airlock_webhook_attempts_total',
      help: 'Attempts to deliver an event to a webhook, by result',
      labelNames: ['result'],
      registers,
    }),
    webhookDelaySeconds: new prom.Histogram({
      name: 'airlock_webhook_delay_seconds',
      help: 'Seconds from an event to the first attempt to deliver it',
      buckets: WAIT_BUCKETS,
      registers,
    }),
    countWebhooks(read) {
      new prom.Gauge({
        name: 'airlock_webhooks_sending',
        help: 'Deliveries in progress. Deliveries of the kind probe test an endpoint whose last delivery timed out',
        labelNames: ['kind'],
        registers,
        collect() {
          for (const [kind, count] of Object.entries(read())) this.set({ kind }, count);
        },
      });
    },
  };
}

type RegisterGauge = (name: string, help: string, labelNames?: string[]) => Gauge;

function registerServiceGauges(gauge: RegisterGauge) {
  return {
    jobs: gauge('airlock_jobs', 'Jobs that are not final, by status and kind', ['status', 'kind']),
    queue: gauge('airlock_queue_jobs', 'Jobs that are not final, by status and resource class', ['status', 'class']),
    oldest: gauge(
      'airlock_oldest_waiting_seconds',
      'Seconds for which the oldest waiting job has been due. A job that returns to the queue without a delay counts from its creation: after its pieces or a review, after its worker drained or died, and after a database outage. A job that waited for its upload counts from the arrival of the upload',
      ['class'],
    ),
    workers: gauge('airlock_workers', 'Workers with a recent heartbeat'),
    slots: gauge('airlock_worker_slots', 'Slots of workers with a recent heartbeat'),
    stored: gauge('airlock_stored_bytes', 'Stored bytes of uploads and outputs'),
    promised: gauge('airlock_promised_bytes', 'Bytes that unconfirmed uploads and unfinished outputs may still add'),
    free: gauge('airlock_disk_free_bytes', 'Free bytes of the disk behind the embedded storage', ['disk']),
    reserve: gauge('airlock_disk_reserve_bytes', 'Bytes of free disk space that Airlock keeps in reserve', ['disk']),
    files: gauge('airlock_disk_spare_files', 'Number of files that the disk can store above the reserve', ['disk']),
    backlog: gauge(
      'airlock_retention_backlog',
      'Expired jobs, objects and uploads that are not deleted yet. The count stops at 100,000',
      ['what'],
    ),
    undeletable: gauge('airlock_undeletable_objects', 'Objects whose deletion has failed in storage several times'),
    stranded: gauge('airlock_stranded_jobs', 'Waiting jobs that no active worker can run'),
  };
}

/** Sets the gauges from the numbers of one read. */
function setServiceGauges(gauges: ReturnType<typeof registerServiceGauges>, numbers: ServiceNumbers): void {
  for (const { status, kind, count } of numbers.jobs) gauges.jobs.set({ status, kind }, count);
  for (const { status, resource_class, count } of numbers.queue)
    gauges.queue.set({ status, class: resource_class }, count);
  for (const [name, seconds] of Object.entries(numbers.oldestWaitingSeconds))
    gauges.oldest.set({ class: name }, seconds);
  gauges.workers.set(numbers.workers);
  gauges.slots.set(numbers.slots);
  gauges.stored.set(numbers.storedBytes);
  gauges.promised.set(numbers.promisedBytes);
  for (const [what, count] of Object.entries(numbers.backlog)) gauges.backlog.set({ what }, count);
  gauges.undeletable.set(numbers.undeletable);
  gauges.stranded.set(numbers.stranded);
  if (!numbers.space) return;
  const disk = { disk: 'storage' };
  gauges.free.set(disk, numbers.space.freeBytes);
  gauges.reserve.set(disk, numbers.space.reserveBytes);
  if (Number.isFinite(numbers.space.spareFiles)) gauges.files.set(disk, numbers.space.spareFiles);
}

/**
 * Registers gauges of the entire service. The returned function reads the numbers, and must run before each scrape. If the database is
 * unavailable, the gauges are left out, so that they show no stale values.
 */
export async function addServiceGauges(
  registry: Registry,
  read: () => Promise<ServiceNumbers>,
): Promise<() => Promise<void>> {
  const prom = await loadProm();
  const gauges = registerServiceGauges(
    (name, help, labelNames = []) => new prom.Gauge({ name, help, labelNames, registers: [registry] }),
  );
  return async () => {
    const numbers = await read().catch(() => null);
    for (const metric of Object.values(gauges)) metric.reset();
    if (numbers) setServiceGauges(gauges, numbers);
  };
}
