import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { signAuditHead } from '../../accounts/audit-verify.ts';
import { openLimits } from '../../accounts/limits.ts';
import { buildApi } from '../../api/app.ts';
import type { ApiDeps } from '../../api/deps.ts';
import type { Config } from '../../config/config.ts';
import { isLoopbackHost, loadTls, transportPolicy } from '../../config/tls.ts';
import { openPool } from '../../database/pool.ts';
import { openSignals } from '../../events/signals.ts';
import { checkSourceUrl, checkWebhookUrl } from '../../fetcher/index.ts';
import { readStatistics } from '../../fleet/statistics.ts';
import { ACCEPT_BACKLOG, connectionLimits } from '../../listener/listener-limits.ts';
import { exitWithParent, reportReady, waitForBegin } from '../../supervisor/child.ts';
import { openScrapes } from '../../supervisor/scrape.ts';
import {
  addConnectionMetrics,
  addRowMetrics,
  addServiceGauges,
  createHttpMetrics,
  createLogger,
  createRegistry,
  type Logger,
  mergedMetrics,
  startMetricsServer,
} from '../../telemetry/index.ts';
import { openPlanner } from '../../threads/planning/index.ts';
import { startCheckpoints } from '../checkpoints.ts';
import { collectAfterStart } from '../collect-after-start.ts';
import { collectWhenIdle } from '../collect-when-idle.ts';
import { openContext, openRoleTracing, openSigner } from '../compose.ts';
import { metricsHost } from '../endpoints.ts';
import { serveFirstKey } from '../first-key-request.ts';
import { makeFirstKey } from '../make-first-key.ts';
import { protectMetrics } from '../protect-metrics.ts';
import { version } from '../version.ts';

const CONNECTIONS = 12;
/** Maximum milliseconds for the stop of the API, after the delay of a drain. Running requests may end in this time. */
const CLOSE_MS = 25_000;
/** Maximum number of threads for large requests. One processor must stay free for the event loop, which serves all other requests. */
const MAX_PLANNER_THREADS = 2;

export async function runApi(config: Config): Promise<void> {
  transportPolicy(config);
  const logger = createLogger({ level: config.logLevel, role: 'api' });
  await waitForBegin();
  const services = await openServices(config, logger);
  const { context, registry, signer } = services;
  const draining = new AbortController();
  const refresh = await addServiceGauges(registry, () => readStatistics(context, context.kinds.keys()));
  await addRowMetrics(registry, () => context.rows.counts());
  const app = await buildApi(await apiDeps(config, services, draining.signal), logger as FastifyBaseLogger);
  await addConnectionMetrics(registry, 'api', () => app.connections.counts());
  await app.listen({ host: config.host, port: config.port, backlog: ACCEPT_BACKLOG });
  const metricsServer = await serveMetrics(config, registry, refresh);
  const checkpoints = startCheckpoints(() => signAuditHead(context.db, signer), logger);
  collectWhenIdle();
  collectAfterStart();
  const delayMs = (config.drainDelaySeconds ?? 0) * 1000;
  exitWithParent(
    async (reason) => {
      draining.abort();
      // If the supervisor has ended, the process stops without the delay of a drain.
      if (reason !== 'parent-gone') await sleep(delayMs);
      await checkpoints.stop();
      await services.signals.close();
      await app.close();
      await services.tracing?.close();
      await services.planner.close();
      await metricsServer.close();
      await services.healthPool.close();
      await services.close();
    },
    { logger, deadlineMs: CLOSE_MS + delayMs },
  );
  serveFirstKey((wanted) => makeFirstKey(context.db, wanted));
  const { port } = app.server.address() as AddressInfo;
  reportReady({ api: port, metrics: metricsServer.port });
  logger.info({ port }, 'API listens');
}

type Services = Awaited<ReturnType<typeof openServices>>;

/** Opens everything that the API needs before it can be built. */
async function openServices(config: Config, logger: Logger) {
  const opened = await openContext(config, { role: 'api', connections: CONNECTIONS, logger });
  const { context, databaseUrl } = opened;
  const healthPool = openPool(databaseUrl, {
    max: 1,
    role: 'api-health',
    onError: (error) => logger.warn({ err: error }, 'database connection lost'),
  });
  const signer = await openSigner(config, context.db);
  const tls = await loadTls(config.tls, config.dataDir, [config.host]);
  const signals = await openSignals(databaseUrl, (error) =>
    logger.warn({ err: error }, 'listener lost its connection'),
  );
  const registry = await createRegistry('api');
  const planner = openPlanner({
    threads: Math.min(MAX_PLANNER_THREADS, Math.max(1, availableParallelism() - 1)),
  });
  const tracing = await openRoleTracing(config, 'api');
  return { ...opened, logger, healthPool, signer, tls, signals, registry, planner, tracing };
}

async function apiDeps(config: Config, services: Services, draining: AbortSignal): Promise<ApiDeps> {
  const { context, pool, healthPool, signals, signer, planner, tracing, tls, registry, logger } = services;
  const sources = { allow: config.fetchAllow, ports: config.fetchPorts };
  return {
    ...{ context, signals, tracing, signer, draining, planner },
    health: { db: healthPool.db, store: context.store },
    limits: openLimits(pool.pg, config.rateLimit),
    metrics: await createHttpMetrics(registry),
    checkSourceUrl: (url) => checkSourceUrl(url, sources),
    checkWebhookUrl: (url) => checkWebhookUrl(url, sources),
    settings: {
      version: version(),
      publicUrl: config.publicUrl,
      tls,
      loopbackOnly: isLoopbackHost(config.host),
      trustProxy: config.trustProxy,
      rateLimit: config.rateLimit,
      maxUploadBytes: config.maxUpload,
      connections: connectionLimits(config, logger),
    },
  };
}

async function serveMetrics(config: Config, registry: Services['registry'], refresh: () => Promise<void>) {
  const merged = mergedMetrics(registry, openScrapes());
  return startMetricsServer({
    host: metricsHost(config),
    port: config.metricsPort,
    registry: {
      contentType: merged.contentType,
      async metrics() {
        await refresh();
        return merged.metrics();
      },
    },
    protect: protectMetrics,
  });
}
