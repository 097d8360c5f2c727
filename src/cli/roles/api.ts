import type { AddressInfo } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyBaseLogger } from 'fastify';
import { signAuditHead } from '../../accounts/audit-verify.ts';
import { openLimits } from '../../accounts/limits.ts';
import { buildApi } from '../../api/app.ts';
import type { Config } from '../../config/config.ts';
import { isLoopbackHost, loadTls, transportPolicy } from '../../config/tls.ts';
import { openPool } from '../../database/pool.ts';
import { openSignals } from '../../events/signals.ts';
import { checkSourceUrl, checkWebhookUrl } from '../../fetcher/index.ts';
import { readStatistics } from '../../fleet/statistics.ts';
import { ACCEPT_BACKLOG, connectionLimits } from '../../listener/listener-limits.ts';
import { exitWithParent, reportReady } from '../../supervisor/child.ts';
import { openScrapes } from '../../supervisor/scrape.ts';
import {
  addConnectionMetrics,
  addRowMetrics,
  addServiceGauges,
  createHttpMetrics,
  createLogger,
  createRegistry,
  mergedMetrics,
  startMetricsServer,
} from '../../telemetry/index.ts';
import { openPlanner } from '../../threads/planning/index.ts';
import { startCheckpoints } from '../checkpoints.ts';
import { openContext, openRoleTracing, openSigner } from '../compose.ts';
import { metricsHost } from '../endpoints.ts';
import { protectMetrics } from '../protect-metrics.ts';
import { version } from '../version.ts';

const CONNECTIONS = 12;
/** For running requests, after the delay of a drain. */
const CLOSE_MS = 25_000;
/** Maximum threads for large requests. One processor must stay free for the event loop, which serves all others. */
const MAX_PLANNER_THREADS = 2;

export async function runApi(config: Config): Promise<void> {
  transportPolicy(config);
  const logger = createLogger({ level: config.logLevel, role: 'api' });
  const { context, pool, databaseUrl, close } = await openContext(config, {
    role: 'api',
    connections: CONNECTIONS,
    logger,
  });
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
  const draining = new AbortController();
  const registry = await createRegistry('api');
  const refresh = await addServiceGauges(registry, () => readStatistics(context));
  await addRowMetrics(registry, context.rows.counts);
  const sources = { allow: config.fetchAllow, ports: config.fetchPorts };
  const planner = openPlanner({
    threads: Math.min(MAX_PLANNER_THREADS, Math.max(1, availableParallelism() - 1)),
  });
  const tracing = await openRoleTracing(config, 'api');
  const app = await buildApi(
    {
      context,
      health: { db: healthPool.db, store: context.store },
      limits: openLimits(pool.pg, config.rateLimit),
      signals,
      metrics: await createHttpMetrics(registry),
      tracing,
      signer,
      draining: draining.signal,
      planner,
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
    },
    logger as FastifyBaseLogger,
  );
  await addConnectionMetrics(registry, 'api', () => app.connections.counts());
  await app.listen({ host: config.host, port: config.port, backlog: ACCEPT_BACKLOG });
  const merged = mergedMetrics(registry, openScrapes());
  const metricsServer = await startMetricsServer({
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
  const checkpoints = startCheckpoints(() => signAuditHead(context.db, signer), logger);
  const delayMs = (config.drainDelaySeconds ?? 0) * 1000;
  exitWithParent(
    async (reason) => {
      draining.abort();
      // Without its supervisor it has no time.
      if (reason !== 'parent-gone') await sleep(delayMs);
      await checkpoints.stop();
      await signals.close();
      await app.close();
      await tracing?.close();
      await planner.close();
      await metricsServer.close();
      await healthPool.close();
      await close();
    },
    { logger, deadlineMs: CLOSE_MS + delayMs },
  );
  const { port } = app.server.address() as AddressInfo;
  reportReady({ api: port, metrics: metricsServer.port });
  logger.info({ port }, 'API listens');
}
