import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { preparedFolder } from '../../config/root.ts';
import { MAX_UPLOAD_BYTES } from '../../contract/limits.ts';
import { createFetcher, type Fetcher } from '../../fetcher/index.ts';
import type { JobsContext } from '../../jobs/kind.ts';
import { kinds } from '../../kinds/registry.ts';
import { chooseSandbox } from '../../sandbox/choose.ts';
import { openSandbox } from '../../sandbox/index.ts';
import { programsWithSpeech } from '../../sandbox/speech/programs.ts';
import { exitWithParent, reportReady, waitForBegin } from '../../supervisor/child.ts';
import { serveScrapes } from '../../supervisor/scrape.ts';
import {
  addRowMetrics,
  createLogger,
  createRegistry,
  createWorkerMetrics,
  type Logger,
  readMetrics,
  startMetricsServer,
  type WorkerMetrics,
} from '../../telemetry/index.ts';
import { ownIdentity } from '../../worker/identity.ts';
import { countBytes, countCells } from '../../worker/measured.ts';
import { reportBroken } from '../../worker/self-test.ts';
import { planSlots } from '../../worker/slots.ts';
import { startWorker } from '../../worker/worker.ts';
import { collectAfterStart } from '../collect-after-start.ts';
import { openContext, openRoleTracing } from '../compose.ts';
import { metricsHost, workRoot } from '../endpoints.ts';
import { ffmpegPaths, openTrimmedFfmpeg } from '../ffmpeg-paths.ts';
import { protectMetrics } from '../protect-metrics.ts';
import { BUILDS_VARIABLE } from '../roles.ts';
import { version } from '../version.ts';

/** Maximum milliseconds for fetching one source. 2 GB at 1 MB/s take 2,000 seconds. */
const FETCH_DEADLINE_MS = 2100_000;
const DRAIN_MS = 20_000;
/**
 * Maximum milliseconds for which an attempt waits until storage accepts its outputs. This is enough for a restart or a failover of storage.
 * Afterwards, the slot serves other jobs.
 */
const OUTPUT_WAIT_MS = 600_000;
/** Maximum share of the machine's memory that one cell may use, from 0 to 1. */
const CELL_MEMORY_SHARE = 0.7;
/** EX_CONFIG of sysexits.h, because a restart would fail in the same way. */
const EXIT_UNSAFE = 78;

export async function runWorker(config: Config): Promise<void> {
  const logger = createLogger({ level: config.logLevel, role: 'worker' });
  const slots = planSlots(config.workerSlots, availableParallelism(), totalmem());
  const trimmed = await openTrimmedFfmpeg(config, logger, process.env[BUILDS_VARIABLE] === '1');
  const paths = ffmpegPaths(config, trimmed);
  const onChanged = (file: string) =>
    logger.error({ file }, 'an installed speech model has changed and is not used; install it again');
  const { dataDir, whisperModel: model } = config;
  const programs = programsWithSpeech(config.transcribeEngine, { dataDir, model, onChanged });
  const prepared = preparedFolder('rootimg');
  const onUnusable = (error: Error) => trimmed.onUnusable(error);
  const environment = { dataDir, logger, slots: slots.length, paths, programs, prepared, onUnusable };
  const { sandbox, report } = await trimmed.openWith(() => chooseSandbox(environment, config.sandbox));
  const guarded = trimmed.guard(sandbox, () =>
    openSandbox({ dataDir, logger, slots: slots.length, tier: sandbox.tier, prepared }),
  );
  await waitForBegin();
  const { context, databaseUrl, close } = await openContext(config, {
    role: 'worker',
    connections: slots.length + 5,
    logger,
  });
  if (sandbox.tier === 'none') {
    logger.warn({ tier: 'none' }, 'NO SANDBOX: every job runs with the rights of this service on this machine');
  } else if (!report.passed) {
    await reportBroken(context, report, logger);
    process.exit(EXIT_UNSAFE);
  } else logger.info({ checks: report.checks.length, tier: report.tier }, 'sandbox self-test passed');
  const measured = await openMetrics(config, context);
  const tracing = await openRoleTracing(config, 'worker');
  const worker = await startWorker({
    context,
    kinds,
    sandbox: countCells(guarded, measured.metrics),
    logger,
    selfTest: report,
    // Ends the process and with it the running jobs, because nothing would confine their cells any more.
    onBroken: () => process.exit(EXIT_UNSAFE),
    fetcher: countBytes(openFetcher(config, logger), measured.metrics),
    metrics: measured.metrics,
    tracing,
    settings: workerSettings(config, databaseUrl, slots),
  });
  trimmed.start();
  exitWithParent(
    async () => {
      await worker.drain();
      await trimmed.stop();
      await tracing?.close();
      await sandbox.close();
      await measured.close();
      await close();
    },
    { logger, deadlineMs: DRAIN_MS + 10_000 },
  );
  reportReady();
  collectAfterStart();
}

function openFetcher(config: Config, logger: Logger): Fetcher {
  return createFetcher({
    allow: config.fetchAllow,
    ports: config.fetchPorts,
    maxBytes: MAX_UPLOAD_BYTES,
    deadlineMs: FETCH_DEADLINE_MS,
    logger,
  });
}

type WorkerSettings = Parameters<typeof startWorker>[0]['settings'];

function workerSettings(config: Config, databaseUrl: string, slots: WorkerSettings['slots']): WorkerSettings {
  const identity = ownIdentity();
  return {
    databaseUrl,
    version: version(),
    dataDir: config.dataDir,
    ffmpeg: config.ffmpeg,
    ffmpegBuild: config.ffmpegBuild,
    workDir: join(workRoot(config), `${identity.pid}-${identity.start}`),
    slots,
    cores: availableParallelism(),
    diskReserve: config.diskReserve,
    sharesDisk: config.storageUrl === null,
    cellMemoryBytes: Math.floor(totalmem() * CELL_MEMORY_SHARE),
    drainMs: DRAIN_MS,
    storageWaitSeconds: config.storageWaitSeconds,
    reviewSeconds: config.reviewWaitSeconds,
    outputWaitMs: OUTPUT_WAIT_MS,
    chunks: config.chunks,
  };
}

/** Serves the metrics of a worker that runs alone. Under a supervisor, the API serves the metrics of the worker. */
async function openMetrics(
  config: Config,
  { rows }: Pick<JobsContext, 'rows'>,
): Promise<{ metrics: WorkerMetrics; close(): Promise<void> }> {
  const registry = await createRegistry('worker');
  const metrics = await createWorkerMetrics(registry);
  await addRowMetrics(registry, () => rows.counts());
  if (process.send) {
    serveScrapes(() => readMetrics(registry));
    return { metrics, close: async () => {} };
  }
  const server = await startMetricsServer({
    ...{ host: metricsHost(config), port: config.metricsPort, registry },
    protect: protectMetrics,
  });
  return { metrics, close: () => server.close() };
}
