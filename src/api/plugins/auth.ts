import { BlockList, isIPv6 } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { getAccount } from '../../domain/accounts.ts';
import { appendAudit } from '../../domain/audit.ts';
import { type ApiKey, findKey, isAlive, touchKey } from '../../domain/keys.ts';
import { API_KEY_PATTERN, hashApiKey, isWellFormedApiKey } from '../../ids/api-key.ts';
import type { ApiDeps } from '../deps.ts';
import type { App } from '../types.ts';
import { applyLimit } from './limits.ts';

const KEY_PARAMETERS = new Set(['key', 'api_key', 'apikey', 'api-key', 'token', 'access_token', 'authorization']);

/**
 * Every route asks for a key unless its config says `open`. Missing, unknown, revoked, expired and wrong address
 * are one and the same 401: an answer that differs would tell which keys exist.
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
      if (!failures.allowed) applyLimit(reply, failures);
      // One row a window, when the limit is reached: a guesser must not be able to fill the log.
      if (failures.remaining === 0) await noteGuessing(request, deps);
      throw new ApiError('unauthorized');
    }
    applyLimit(
      reply,
      await deps.limits.request(caller.key.id, caller.account.requests_per_minute ?? deps.settings.rateLimit),
    );
    request.caller = caller;
    if (caller.account.disabled_at) throw new ApiError('account_disabled');
    if (scope && !caller.key.scopes.includes(scope)) throw new ApiError('forbidden', { scope });
  });
}

async function authenticate(request: FastifyRequest, deps: ApiDeps) {
  if (carriesKeyInQuery(request)) return null;
  const match = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '');
  const raw = match?.[1];
  if (!raw || !isWellFormedApiKey(raw)) return null;
  const found = await findKey(deps.context.db, hashApiKey(raw));
  if (!found || !isAlive(found) || !isAllowedAddress(found, request.ip)) return null;
  const account = await getAccount(deps.context.db, found.account_id);
  if (!account) return null;
  if (!found.last_used_at || found.last_used_at.getTime() < Date.now() - 60_000) {
    await touchKey(deps.context.db, found.id);
  }
  return { key: found as ApiKey, account };
}

function carriesKeyInQuery(request: FastifyRequest): boolean {
  const at = request.url.indexOf('?');
  if (at < 0) return false;
  const query = request.url.slice(at + 1);
  if (API_KEY_PATTERN.test(query)) return true;
  return [...new URLSearchParams(query).keys()].some((name) => KEY_PARAMETERS.has(name.toLowerCase()));
}

function isAllowedAddress(key: Pick<ApiKey, 'allowed_cidrs'>, ip: string): boolean {
  if (key.allowed_cidrs.length === 0) return true;
  const allowed = new BlockList();
  for (const cidr of key.allowed_cidrs) {
    const [address = '', bits] = cidr.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    allowed.addSubnet(address, bits === undefined ? (family === 'ipv6' ? 128 : 32) : Number(bits), family);
  }
  const plain = ip.replace(/^::ffff:(?=\d+\.)/i, '');
  return allowed.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4');
}

async function noteGuessing(request: FastifyRequest, deps: ApiDeps): Promise<void> {
  await deps.context.db.transaction().execute((tx) =>
    appendAudit(tx, {
      actor: 'anonymous',
      action: 'auth.refused',
      result: 'refused',
      ip: request.ip,
      requestId: request.id,
      details: { reason: 'too many failed authentications' },
    }),
  );
}

/** The caller of a route that is not open. */
export function callerOf(request: FastifyRequest): NonNullable<FastifyRequest['caller']> {
  if (!request.caller) throw new ApiError('unauthorized');
  return request.caller;
}

/** For the audit log. */
export function actorOf(request: FastifyRequest) {
  return { actor: `key:${callerOf(request).key.id}`, ip: request.ip, requestId: request.id };
}
