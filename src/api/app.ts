import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyBaseLogger } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { addressLimit } from '../accounts/limits.ts';
import { clientAddressOf } from '../config/client-address.ts';
import { MAX_BODY_BYTES, MAX_OPEN_BODY_BYTES, MAX_WAIT_SECONDS } from '../contract/limits.ts';
import { createArchives } from '../jobs/archives.ts';
import { guardConnections } from '../listener/connection-guard.ts';
import { HANDSHAKE_TIMEOUT_MS, HEAD_TIMES } from '../listener/listener-limits.ts';
import { gateRequests } from '../listener/request-gate.ts';
import { type CrossOriginRoutes, collectCrossOriginRoutes } from './cross-origin.ts';
import type { ApiDeps, ApiSettings } from './deps.ts';
import { registerAnswers } from './plugins/answers.ts';
import { registerAuth } from './plugins/auth.ts';
import { registerBodies } from './plugins/bodies.ts';
import { registerConcurrency } from './plugins/concurrency.ts';
import { registerCors } from './plugins/cors.ts';
import { registerDashboard } from './plugins/dashboard.ts';
import { registerDocumentRate } from './plugins/document-rate.ts';
import { answerClientErrors, answerFrameworkErrors, answerRejections, registerErrors } from './plugins/errors.ts';
import { registerHttpsOnly } from './plugins/https.ts';
import { MAX_LOOP_DELAY_MS, registerLoadShedding } from './plugins/load-shedding.ts';
import { registerMethods } from './plugins/methods.ts';
import { registerObservation } from './plugins/observe.ts';
import { registerOpenapi } from './plugins/openapi.ts';
import { registerPlayer } from './plugins/player.ts';
import { registerQueries } from './plugins/queries.ts';
import { registerReserve } from './plugins/reserve.ts';
import { registerTracing } from './plugins/tracing.ts';
import { registerAdmin } from './routes/admin.ts';
import { registerBatches } from './routes/batches.ts';
import { registerBlueprints } from './routes/blueprints.ts';
import { registerCommands } from './routes/commands.ts';
import { registerConnections } from './routes/connections.ts';
import { registerEvents } from './routes/events.ts';
import { registerHealth } from './routes/health.ts';
import { registerJobs } from './routes/jobs.ts';
import { registerKeys } from './routes/keys.ts';
import { registerKinds } from './routes/kinds.ts';
import { registerMcp } from './routes/mcp.ts';
import { registerMultipart } from './routes/multipart.ts';
import { registerOauth } from './routes/oauth.ts';
import { registerPeople } from './routes/people.ts';
import { isPlayback, registerPlayback } from './routes/playback.ts';
import { registerProbe } from './routes/probe.ts';
import { registerReceipts } from './routes/receipts.ts';
import { registerSecurity } from './routes/security.ts';
import { registerTemplates } from './routes/templates.ts';
import { registerTranscodes } from './routes/transcodes.ts';
import { registerUploadList } from './routes/upload-list.ts';
import { registerUploadTokens } from './routes/upload-tokens.ts';
import { registerUploads } from './routes/uploads.ts';
import { registerUsage } from './routes/usage.ts';
import { registerDeliveries } from './routes/webhook-deliveries.ts';
import { registerWebhooks } from './routes/webhooks.ts';
import { compileValidator } from './shape-errors.ts';
import { registerStopping } from './stopping.ts';
import type { App } from './types.ts';

/**
 * Maximum length of a path segment in characters, decoded or not. The name of an upload has at most 232 bytes, and each byte may be escaped
 * as three characters.
 */
const MAX_PATH_PART = 700;
/** Maximum milliseconds from the head of a request to the end of its body. */
const BODY_MS = 30_000;
/**
 * Maximum milliseconds from the head of a request to its response: the time for the body, the longest wait that a client can request, and
 * the time for processing.
 */
const RESPONSE_MS = BODY_MS + MAX_WAIT_SECONDS * 1000 + 30_000;
/** Maximum milliseconds from the head of a request to its response, for routes that need no key. */
const OPEN_RESPONSE_MS = BODY_MS + 15_000;

/**
 * Maximum number of requests per minute of one address with valid playback tokens: enough for 400 viewers who fetch video and audio every
 * four seconds.
 */
const PLAYBACK_PER_MINUTE = 12_000;

/** Builds the API. The caller listens. A request passes these steps: https → auth → limits → schema → route → response. */
export async function buildApi(deps: ApiDeps, logger: FastifyBaseLogger): Promise<App> {
  const { settings } = deps;
  const app = createApp(settings, logger);
  const crossOrigin = collectCrossOriginRoutes(app);
  guardListener(app, deps, { logger, crossOrigin });
  limitOpenRoutes(app);
  app.decorateRequest('span', null);
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(serializerCompiler);
  registerBodies(app);

  registerErrors(app, settings, registerMethods(app));
  registerQueries(app);
  registerObservation(app, deps.metrics);
  if (deps.tracing) registerTracing(app, deps.tracing);
  registerHttpsOnly(app, settings);
  await app.register(helmet, {
    contentSecurityPolicy: false,
    hsts: settings.tls || settings.trustProxy.length > 0 ? { maxAge: 31_536_000 } : false,
  });
  registerCors(app, crossOrigin);
  registerLoadShedding(app, settings.maxLoopDelayMs ?? MAX_LOOP_DELAY_MS);
  await registerAuth(app, deps);
  registerConcurrency(app);
  registerDocumentRate(app);
  registerReserve(app, deps.context);
  await registerOpenapi(app, deps);
  registerAnswers(app);
  registerRoutes(app, deps);
  await app.ready();
  return app;
}

function createApp(settings: ApiSettings, logger: FastifyBaseLogger): App {
  return Fastify({
    loggerInstance: logger,
    // observe.ts logs requests instead: Fastify's log lines contain the URL.
    logController: new Fastify.LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    frameworkErrors: answerFrameworkErrors(settings),
    clientErrorHandler: answerClientErrors(settings),
    bodyLimit: MAX_BODY_BYTES,
    trustProxy: settings.trustProxy.length > 0 ? settings.trustProxy : false,
    requestTimeout: BODY_MS,
    handlerTimeout: RESPONSE_MS,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PATH_PART },
    ...transport(settings),
  }) as unknown as App;
}

/** Limits connections and requests before Fastify spends time on them. */
function guardListener(
  app: App,
  deps: ApiDeps,
  { logger, crossOrigin }: { logger: FastifyBaseLogger; crossOrigin: CrossOriginRoutes },
): void {
  const { settings } = deps;
  const connections = guardConnections(app.server, {
    limits: { ...settings.connections, newPerMinute: addressLimit(settings.rateLimit) },
    trustProxy: settings.trustProxy,
    onRejected: (summary) => logger.warn(summary, 'API connections rejected'),
  });
  const gate = gateRequests(app.server, {
    perMinute: addressLimit(settings.rateLimit),
    separate: { perMinute: PLAYBACK_PER_MINUTE, includes: ({ url }) => isPlayback(deps.context.vault, url!) },
    addressOf: clientAddressOf(settings.trustProxy),
    closePipelined: (socket) => connections.closePipelined(socket),
    onUnsent: (socket) => connections.countUnsent(socket),
    reject: answerRejections(settings, crossOrigin),
  });
  app.decorate('connections', connections);
  app.decorate('gate', gate);
}

function registerRoutes(app: App, deps: ApiDeps): void {
  registerHealth(app, deps);
  const archives = createArchives(deps.context, {
    onError: (error) => app.log.warn({ err: error }, 'an archive was left to the sweeper'),
  });
  app.addHook('onClose', () => archives.close());
  const routeDeps = { ...deps, archives, stopping: registerStopping(app, app.connections, deps.draining) };
  registerUploads(app, routeDeps);
  registerUploadTokens(app, deps);
  registerUploadList(app, deps);
  registerMultipart(app, deps);
  registerKinds(app, routeDeps);
  registerJobs(app, deps);
  registerTranscodes(app, routeDeps);
  registerPlayback(app, deps);
  registerBatches(app, deps);
  registerBlueprints(app, routeDeps);
  registerCommands(app, routeDeps);
  registerTemplates(app, deps);
  registerConnections(app, routeDeps);
  registerProbe(app, routeDeps);
  registerReceipts(app, deps);
  registerEvents(app, routeDeps);
  registerKeys(app, deps);
  registerWebhooks(app, deps);
  registerDeliveries(app, deps);
  registerSecurity(app, deps);
  registerUsage(app, deps);
  registerPeople(app, deps);
  registerAdmin(app, deps);
  registerMcp(app, routeDeps);
  registerOauth(app, deps);
  const { publicOrigin: storageOrigin } = deps.context.store;
  registerDashboard(app, { storageOrigin });
  registerPlayer(app, { storageOrigin });
}

/** Sets stricter limits for every route that needs no key. */
function limitOpenRoutes(app: App): void {
  app.addHook('onRoute', (route) => {
    if (route.config?.scope !== 'open') return;
    route.bodyLimit = MAX_OPEN_BODY_BYTES;
    route.handlerTimeout = OPEN_RESPONSE_MS;
  });
}

/** Returns the options of the HTTP or HTTPS server below Fastify. */
function transport({ tls }: ApiSettings) {
  if (!tls) return { http: HEAD_TIMES };
  const session = { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' as const };
  return { https: { ...HEAD_TIMES, ...session, handshakeTimeout: HANDSHAKE_TIMEOUT_MS } };
}
