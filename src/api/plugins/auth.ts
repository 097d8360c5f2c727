import type { FastifyReply, FastifyRequest } from 'fastify';
import { type AuditEntry, appendAudit } from '../../accounts/audit.ts';
import { type ApiKey, isAlive } from '../../accounts/key-life.ts';
import { type Caller, findCaller, touchKey } from '../../accounts/keys.ts';
import type { LimitState } from '../../accounts/permits.ts';
import { addressMatcher } from '../../config/addresses.ts';
import { ApiError } from '../../contract/errors.ts';
import { API_KEY_PATTERN, hashApiKey, isWellFormedApiKey } from '../../ids/api-key.ts';
import type { Caller as Submitter } from '../../kinds/kind.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';

const KEY_PARAMETERS = new Set(['key', 'api_key', 'apikey', 'api-key', 'token', 'access_token', 'authorization']);

/**
 * Authenticates every route whose config is not `open`. A key that is missing, unknown, revoked, expired or used from a
 * wrong address gets the same 401: different answers would reveal which keys exist.
 */
export function registerAuth(app: App, deps: ApiDeps): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request, reply) => {
    const scope = request.routeOptions.config.scope;
    if (scope === 'open' || request.is404) return;
    applyLimit(reply, await deps.limits.address(request.ip));
    const caller = await authenticate(request, deps);
    if (!caller) {
      const failures = await deps.limits.failedAuth(request.ip);
      if (failures.justExceeded) await note(request, deps, { actor: 'anonymous', action: 'auth.refused' });
      if (!failures.allowed) applyLimit(reply, failures);
      throw new ApiError('unauthorized');
    }
    const { key, account } = caller;
    const state = await deps.limits.request(key.id, account.requests_per_minute ?? deps.settings.rateLimit);
    if (state.justExceeded) {
      await note(request, deps, { actor: `key:${key.id}`, action: 'limit.hit', details: { limit: state.limit } });
    }
    applyLimit(reply, state);
    request.caller = caller;
    if (caller.account.disabled_at) throw new ApiError('account_disabled');
    if (scope && !caller.key.scopes.includes(scope)) throw new ApiError('forbidden', { scope });
  });
}

/** Sets the headers of a rate limit. Throws 429 when the limit is exceeded. */
function applyLimit(reply: FastifyReply, state: LimitState): void {
  reply.header('RateLimit-Limit', state.limit);
  reply.header('RateLimit-Remaining', state.remaining);
  reply.header('RateLimit-Reset', state.resetSeconds);
  if (state.allowed) return;
  reply.header('Retry-After', state.resetSeconds);
  throw new ApiError('rate_limit_exceeded', { limit: state.limit, retry_after_seconds: state.resetSeconds });
}

async function authenticate(request: FastifyRequest, deps: ApiDeps): Promise<Caller | null> {
  if (carriesKeyInQuery(request)) return null;
  const match = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '');
  const raw = match?.[1];
  if (!raw || !isWellFormedApiKey(raw)) return null;
  const caller = await findCaller(deps.context.db, hashApiKey(raw));
  if (!caller || !isAlive(caller.key) || !isAllowedAddress(caller.key, request.ip)) return null;
  const { id, last_used_at: last } = caller.key;
  if (!last || last.getTime() < Date.now() - 60_000) await touchKey(deps.context.db, id);
  return caller;
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

/** Writes to the audit log only for the first refusal of a window, so that attackers cannot fill the log. */
async function note(request: FastifyRequest, deps: ApiDeps, entry: Pick<AuditEntry, 'actor' | 'action' | 'details'>) {
  await deps.context.db
    .transaction()
    .execute((tx) => appendAudit(tx, { ...entry, result: 'refused', ip: request.ip, requestId: request.id }));
}

/** Returns the caller of a route that requires a key. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new ApiError('unauthorized');
  return request.caller;
}

/** Returns the client on whose behalf a job is submitted. */
export function submitterOf(request: FastifyRequest): Submitter {
  const { account, key } = callerOf(request);
  return { account, keyId: key.id, requestId: request.id, traceparent: request.span?.traceparent ?? null };
}

/** Returns the actor for the audit log. */
export function actorOf(request: FastifyRequest) {
  return { actor: `key:${callerOf(request).key.id}`, ip: request.ip, requestId: request.id };
}
