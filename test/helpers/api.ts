import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { FastifyBaseLogger, InjectOptions, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { type Account, ensureAccount } from '../../src/accounts/accounts.ts';
import { createKey } from '../../src/accounts/keys.ts';
import { openLimits } from '../../src/accounts/limits.ts';
import { buildApi } from '../../src/api/app.ts';
import type { ApiSettings } from '../../src/api/deps.ts';
import type { App } from '../../src/api/types.ts';
import { ACCOUNT_SCOPES, type Scope } from '../../src/contract/keys.ts';
import { MAX_UPLOAD_BYTES } from '../../src/contract/limits.ts';
import type { UploadMetadata } from '../../src/contract/uploads.ts';
import { createSigner } from '../../src/crypto/signing.ts';
import { createVault } from '../../src/crypto/vault.ts';
import { createRowGuard } from '../../src/database/row-guard.ts';
import { openSignals } from '../../src/events/signals.ts';
import { checkSourceUrl, checkWebhookUrl, type SourceUrlOptions } from '../../src/fetcher/index.ts';
import type { GatewayOptions } from '../../src/gateway/server.ts';
import type { KindsContext } from '../../src/kinds/kind.ts';
import { kinds } from '../../src/kinds/registry.ts';
import { createHttpMetrics, createRegistry } from '../../src/telemetry/index.ts';
import { openPlanner } from '../../src/threads/planning/index.ts';
import type { ApiResponse } from '../../testkit/service.ts';
import { until } from '../../testkit/until.ts';
import { type EmbeddedGateway, startEmbeddedGateway } from '../conformance/embedded-gateway.ts';
import { makeDatabase, type TestDatabase } from './database.ts';
import { acceptInspection, claimInspection } from './inspections.ts';

/** The API in this process, with a real PostgreSQL and a real gateway, but without a worker. */
export interface TestApi {
  app: App;
  context: KindsContext;
  database: TestDatabase;
  gateway: EmbeddedGateway;
  account: Account;
  /** A key of `account` with every scope that a key of an account can have. */
  key: string;
  makeKey(options?: { account?: Account; scopes?: Scope[] }): Promise<string>;
  makeAccount(settings?: Partial<Account>): Promise<Account>;
  /** Sends a request with the key. Serializes JSON bodies. `authorization: ''` sends no key. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<ApiResponse>;
  /** Creates a confirmed upload of `account`, whose inspection has found `summary`. Returns its gs:// URL. */
  upload(summary?: Partial<UploadMetadata>): Promise<string>;
  /** Makes the API report that it is about to stop. */
  drain(): void;
  /** Listens on a free loopback port, for tests that need a real connection. Returns the origin. */
  listen(): Promise<string>;
  close(): Promise<void>;
}

/** Default result of an inspection. */
const CLIP: UploadMetadata = {
  duration_seconds: 10,
  format: 'mp4',
  size_bytes: 0,
  video_codec: 'h264',
  audio_codec: null,
  width: 320,
  height: 180,
  fps: 25,
};

const RATE_LIMIT = 1_000_000;
const SETTINGS: Omit<ApiSettings, 'rateLimit'> = {
  version: 'test',
  publicUrl: null,
  tls: null,
  loopbackOnly: true,
  trustProxy: [],
  maxUploadBytes: MAX_UPLOAD_BYTES,
  connections: { total: 4096, perAddress: 256, firstByteMs: 5_000 },
  // Other test processes can keep this process from the processor for seconds, which must not count as an overload of the API.
  maxLoopDelayMs: 60_000,
};
const SOURCES: SourceUrlOptions = { allow: [], ports: [80, 443] };

export async function startApi(
  settings: Partial<ApiSettings> = {},
  storage: Partial<GatewayOptions> = {},
  sources: SourceUrlOptions = SOURCES,
  registry: KindsContext['kinds'] = kinds,
): Promise<TestApi> {
  const [database, gateway] = await Promise.all([makeDatabase(), startEmbeddedGateway(storage)]);
  const signals = await openSignals(database.url, () => {});
  const context: KindsContext = {
    db: database.db,
    kinds: registry,
    store: gateway.store,
    rows: createRowGuard({ ping: () => gateway.store.ping(), onFailure: () => {} }),
    vault: createVault(randomBytes(32)),
    retentionSeconds: 86_400,
  };
  const planner = openPlanner({ threads: 1 });
  const draining = new AbortController();
  const rateLimit = settings.rateLimit ?? RATE_LIMIT;
  const app = await buildApi(
    {
      planner,
      context,
      health: context,
      limits: openLimits(database.pg, rateLimit),
      signals,
      metrics: await createHttpMetrics(await createRegistry('api')),
      signer: createSigner(randomBytes(32)),
      draining: draining.signal,
      checkSourceUrl: (url) => checkSourceUrl(url, sources),
      checkWebhookUrl: (url) => checkWebhookUrl(url, sources),
      settings: { ...SETTINGS, rateLimit, ...settings },
    },
    pino({ level: 'silent' }) as FastifyBaseLogger,
  );
  const account = await makeAccount(database);
  const key = await createTestKey(database, account);
  const call: TestApi['call'] = (...request) => inject(app, key, ...request);
  return {
    ...{ app, context, database, gateway, account, key, call },
    makeAccount: (limits) => makeAccount(database, limits),
    makeKey: (options = {}) => createTestKey(database, options.account ?? account, options.scopes),
    upload: (summary = {}) => uploadClip(context, call, summary),
    drain: () => draining.abort(),
    async listen() {
      await app.listen({ host: '127.0.0.1', port: 0 });
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
    },
    async close() {
      await signals.close();
      await app.close();
      await planner.close();
      await gateway.close();
      await database.drop();
    },
  };
}

async function makeAccount({ db }: TestDatabase, limits: Partial<Account> = {}): Promise<Account> {
  const name = `account-${randomBytes(6).toString('hex')}`;
  const account = await db.transaction().execute((tx) => ensureAccount(tx, name, 'cli'));
  if (Object.keys(limits).length === 0) return account;
  return db.updateTable('accounts').set(limits).where('id', '=', account.id).returningAll().executeTakeFirstOrThrow();
}

async function createTestKey(
  { db }: TestDatabase,
  { id }: Account,
  scopes: Scope[] = [...ACCOUNT_SCOPES],
): Promise<string> {
  const origin = { actor: 'test', ip: null, requestId: null };
  const made = await db.transaction().execute((tx) => createKey(tx, id, { name: 'test', scopes }, origin));
  return made.raw;
}

async function inject(app: App, key: string, ...request: Parameters<TestApi['call']>): Promise<ApiResponse> {
  const [method, path, body, headers = {}] = request;
  const response = await app.inject({
    method: method as NonNullable<InjectOptions['method']>,
    url: path,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return toApiResponse(response);
}

async function uploadClip(
  context: KindsContext,
  call: TestApi['call'],
  summary: Partial<UploadMetadata>,
): Promise<string> {
  const bytes = randomBytes(64);
  const file = { filename: 'clip.mp4', contentType: 'video/mp4', fileSize: bytes.length };
  const presigned = await call('POST', '/v1/upload/presigned-url', file);
  if (presigned.status !== 200) throw new Error(`presign: ${presigned.text}`);
  const { uploadUrl, filename } = presigned.json.result;
  await fetch(uploadUrl, { method: 'PUT', headers: { 'content-type': file.contentType }, body: bytes });
  const confirmed = call('POST', '/v1/upload/confirm', { filename, fileSize: bytes.length });
  const claim = await until(() => claimInspection(context), { what: 'the inspection of an upload' });
  const found = { ...CLIP, size_bytes: bytes.length, ...summary };
  await acceptInspection(context, claim, {
    contentType: file.contentType,
    inspection: { summary: found, info: null },
  });
  return (await confirmed).json.result.fileUrl;
}

function toApiResponse(response: LightMyRequestResponse): ApiResponse {
  const headers = new Headers();
  for (const [name, value] of Object.entries(response.headers)) headers.set(name, String(value));
  let json = null;
  try {
    json = JSON.parse(response.payload);
  } catch {
    // Not every response is JSON.
  }
  return { status: response.statusCode, headers, text: response.payload, json };
}
