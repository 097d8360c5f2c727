import cookie from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AuditEntry, appendAudit } from '../../accounts/audit.ts';
import type { ApiKey } from '../../accounts/key-life.ts';
import { lineOf } from '../../accounts/key-line.ts';
import { findKey, touchKey } from '../../accounts/keys.ts';
import type { LimitState } from '../../accounts/permits.ts';
import { addressMatcher } from '../../config/addresses.ts';
import { ApiError } from '../../contract/errors.ts';
import type { Scope } from '../../contract/keys.ts';
import { ROLE_SCOPES } from '../../contract/people.ts';
import { accessOf, type Permission } from '../../contract/permissions.ts';
import { TOKEN_REQUESTS_A_MINUTE } from '../../contract/upload-tokens.ts';
import { API_KEY_PATTERN, hashApiKey, isWellFormedApiKey, isWellFormedUploadToken } from '../../crypto/api-key.ts';
import { forAccount } from '../../database/connection-share.ts';
import { isOwn } from '../../database/own-keys.ts';
import { findSession, touchSession } from '../../identity/sessions.ts';
import { actorName, type Caller } from '../caller.ts';
import type { ApiDeps } from '../deps.ts';
import { requireCsrf, sessionTokenOf } from '../session-cookie.ts';
import type { App } from '../types.ts';
import { authenticateUploadToken } from '../upload-token-caller.ts';

const TOKENS_UPLOAD = {
  reason: 'an upload token can only upload files',
  remedy: 'Send this request from your server, with a key',
};
const UNKNOWN_TOKEN = {
  reason: 'the upload token does not exist, or was created for another origin',
  remedy: 'Request a new token from your server, with the origin of this page',
};
const NOT_A_TOKEN = {
  reason: 'the request has no complete upload token and no valid key',
  remedy: 'Send "Authorization: Bearer <token>" with an upload token from your server',
};
const NO_ORIGIN = {
  reason: 'the page has no origin, like a local file or a sandboxed frame',
  remedy: 'Serve the page from an http:// or https:// address',
};
const KEY_PARAMETERS = new Set(['key', 'api_key', 'apikey', 'api-key', 'token', 'access_token', 'authorization']);

/**
 * Authenticates every route whose config is not `open`, by a key or by the session of a person. A key that is missing,
 * unknown, revoked, expired or used from a wrong address gets the same 401, because different responses would reveal which
 * keys exist.
 * A route without a permission fails when it is registered.
 */
export async function registerAuth(app: App, deps: ApiDeps): Promise<void> {
  await app.register(cookie);
  app.decorateRequest('caller', null);
  app.addHook('onRoute', ({ url, config }) => {
    if (!config?.scope) throw new Error(`the route ${url} does not declare which scope it requires`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { scope } = request.routeOptions.config;
    if (scope === 'open' || request.is404) return;
    const fromAddress = await deps.limits.address(request.ip);
    applyLimit(reply, fromAddress);
    const caller = await authenticate(request, reply, deps);
    if (!caller) {
      const failures = await deps.limits.failedAuth(request.ip);
      if (failures.justExceeded) await note(request, deps, { actor: 'anonymous', action: 'auth.refused' });
      if (!failures.allowed) applyLimit(reply, failures, 'requests without a valid key');
      throw new ApiError('unauthorized', missingTokenOf(request));
    }
    const { account, id } = caller;
    const state = await deps.limits.request(id, requestsPerMinute(caller, deps.settings.rateLimit));
    if (state.justExceeded) {
      await note(request, deps, { actor: actorName(caller), action: 'limit.hit', details: { limit: state.limit } });
    }
    applyLimit(reply, state);
    request.caller = caller;
    if (account.disabled_at) throw new ApiError('account_disabled');
    requirePermission(request, caller);
    if (caller.scopes.includes('read')) caller.ownKeys = null;
    app.connections.protect(request.raw);
    app.gate.endStart(request.raw);
  });
  // All later steps of the request use the account's share of the database connections.
  app.addHook('onRequest', (request, _reply, next) => {
    if (request.caller) forAccount(request.caller.account.id, next);
    else next();
  });
  app.addHook('onRequest', async (request) => {
    const { own } = request.routeOptions.config;
    if (request.caller && own && request.caller.ownKeys !== null)
      await requireOwner(request, request.caller, own, deps);
  });
}

/**
 * Finds the keys whose jobs a caller without `read` sees. Throws `not_found` if the path names a job or batch of another
 * key or of a person.
 */
async function requireOwner(
  request: FastifyRequest,
  caller: Caller,
  own: NonNullable<Permission['own']>,
  { context: { db } }: ApiDeps,
): Promise<void> {
  caller.ownKeys = 'key' in caller.by ? await lineOf(db, caller.by.key.id) : [];
  if (own === 'query') return;
  const { id } = request.params as { id: string };
  if (!(await isOwn(db, own === 'job' ? 'jobs' : 'batches', id, caller.ownKeys))) throw new ApiError('not_found');
}

/** Sets the headers of a rate limit. Throws 429 if the limit of `what` in a minute is exceeded. */
export function applyLimit(reply: FastifyReply, state: LimitState, what = 'requests'): void {
  reply.header('RateLimit-Limit', state.limit);
  reply.header('RateLimit-Remaining', state.remaining);
  reply.header('RateLimit-Reset', state.resetSeconds);
  if (state.allowed) return;
  reply.header('Retry-After', state.resetSeconds);
  const { limit, resetSeconds } = state;
  const reason = `${limit} ${what} per minute are allowed, and the next one is allowed in ${resetSeconds} s`;
  throw new ApiError('rate_limit_exceeded', { limit, retry_after_seconds: resetSeconds, reason });
}

function requestsPerMinute({ account, by }: Caller, serverMost: number): number {
  const most = account.requests_per_minute ?? serverMost;
  return 'token' in by ? Math.min(most, TOKEN_REQUESTS_A_MINUTE) : most;
}

/** Throws `forbidden` if the caller lacks the permission of the route. An upload token may use only routes with `uploadToken`. */
function requirePermission(request: FastifyRequest, { by, scopes }: Caller): void {
  const { scope, or, own, uploadToken } = request.routeOptions.config;
  if ('token' in by) {
    if (!uploadToken) throw new ApiError('forbidden', TOKENS_UPLOAD);
  } else if (accessOf({ scope: scope!, ...(or && { or }), ...(own && { own }) }, scopes) === 'none') {
    throw new ApiError('forbidden', { scope });
  }
}

/**
 * Returns the reason why a page could not upload, or null for other requests. The reason depends only on the page's request, so it reveals
 * nothing about tokens and keys.
 */
function missingTokenOf({ headers, routeOptions }: FastifyRequest): typeof NOT_A_TOKEN | null {
  if (!routeOptions.config.uploadToken || headers.origin === undefined) return null;
  if (headers.origin === 'null') return NO_ORIGIN;
  return isWellFormedUploadToken(bearerOf(headers) ?? '') ? UNKNOWN_TOKEN : NOT_A_TOKEN;
}

function bearerOf({ authorization = '' }: FastifyRequest['headers']): string | undefined {
  return /^Bearer ([^\s]+)$/i.exec(authorization)?.[1];
}

/**
 * Returns the caller of a request, or null if the request has no valid credential. A key takes precedence over a session, so that a browser
 * with a cookie can also try a key.
 */
async function authenticate(request: FastifyRequest, reply: FastifyReply, deps: ApiDeps): Promise<Caller | null> {
  if (carriesKeyInQuery(request)) return null;
  const bearer = bearerOf(request.headers);
  if (bearer && isWellFormedUploadToken(bearer)) return authenticateUploadToken(request, reply, deps, bearer);
  if (request.headers.authorization) return authenticateKey(request, deps, bearer);
  const token = sessionTokenOf(request);
  const found = token ? await findSession(deps.context.db, token) : undefined;
  if (!token || !found) return null;
  requireCsrf(request, token);
  await touchSession(deps.context.db, found);
  const { account, session, user } = found;
  return { account, scopes: ROLE_SCOPES[user.role], by: { session, user }, id: session.id, ownKeys: [] };
}

async function authenticateKey(
  request: FastifyRequest,
  deps: ApiDeps,
  raw: string | undefined,
): Promise<Caller | null> {
  if (!raw || !isWellFormedApiKey(raw)) return null;
  const found = await findKey(deps.context.db, hashApiKey(raw));
  if (!found?.isAlive || !isAllowedAddress(found.key, request.ip)) return null;
  const { account, key } = found;
  if (!found.isNoted) await touchKey(deps.context.db, key.id);
  return { account, scopes: key.scopes as Scope[], by: { key }, id: key.id, ownKeys: [] };
}

function carriesKeyInQuery(request: FastifyRequest): boolean {
  const at = request.url.indexOf('?');
  if (at < 0) return false;
  const parameters = [...new URLSearchParams(request.url.slice(at + 1))];
  return parameters.some(
    ([name, value]) => KEY_PARAMETERS.has(name.toLowerCase()) || API_KEY_PATTERN.test(`${name} ${value}`),
  );
}

function isAllowedAddress(key: Pick<ApiKey, 'allowed_cidrs'>, ip: string): boolean {
  return key.allowed_cidrs.length === 0 || addressMatcher(key.allowed_cidrs)(ip);
}

/** Writes a rejection to the audit log. Called only for the first rejection of a window, so that attackers cannot fill the log. */
async function note(request: FastifyRequest, deps: ApiDeps, entry: Pick<AuditEntry, 'actor' | 'action' | 'details'>) {
  await deps.context.db
    .transaction()
    .execute((tx) => appendAudit(tx, { ...entry, result: 'refused', ip: request.ip, requestId: request.id }));
}
