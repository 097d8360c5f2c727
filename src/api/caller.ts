import type { FastifyRequest } from 'fastify';
import type { Account } from '../accounts/accounts.ts';
import type { Actor } from '../accounts/audit.ts';
import type { ApiKey } from '../accounts/key-life.ts';
import type { KeyMaker } from '../accounts/keys.ts';
import { ApiError } from '../contract/errors.ts';
import type { Scope } from '../contract/keys.ts';
import type { OwnKeys } from '../database/own-keys.ts';
import type { SessionCaller } from '../identity/sessions.ts';
import type { Caller as Submitter } from '../kinds/kind.ts';
import type { TokenMaker, UploadToken } from '../uploads/tokens.ts';

/** The result of authentication: an account, and the permissions of the request. */
export interface Caller {
  account: Account;
  scopes: readonly Scope[];
  /** A key, an upload token, or the session of a person. */
  by: { key: ApiKey } | { token: UploadToken } | Omit<SessionCaller, 'account'>;
  /** The id of the key, token or session, for limits. */
  id: string;
  /** The keys whose jobs the caller sees. Empty until the permission of the route has been checked. */
  ownKeys: OwnKeys;
}

/** Returns the caller of a route that is not `open`. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new ApiError('unauthorized');
  return request.caller;
}

/** Returns the client on whose behalf a job is submitted. */
export function submitterOf(request: FastifyRequest): Submitter {
  const { account, by, ownKeys, scopes } = callerOf(request);
  return {
    account,
    keyId: 'key' in by ? by.key.id : null,
    ownKeys,
    requestId: request.id,
    mayUpload: scopes.includes('upload'),
    traceparent: request.span?.traceparent ?? null,
  };
}

/** Returns the actor for the audit log. */
export function actorOf(request: FastifyRequest): Required<Actor> {
  return { actor: actorName(callerOf(request)), ip: request.ip, requestId: request.id };
}

/** Returns the key and the actor of a change. A resource that a key created may have to end with this key. */
export function editorOf(request: FastifyRequest): { keyId: string | null; by: Actor } {
  const { by } = callerOf(request);
  return { keyId: 'key' in by ? by.key.id : null, by: actorOf(request) };
}

export function actorName({ by }: Caller): string {
  if ('token' in by) return `upload_token:${by.token.id}`;
  return 'key' in by ? `key:${by.key.id}` : `user:${by.user.id}`;
}

/** Returns the upload token of a request. Returns null if the caller is a key or a person. */
export function uploadTokenOf(request: FastifyRequest): UploadToken | null {
  const { by } = callerOf(request);
  return 'token' in by ? by.token : null;
}

/** Returns the caller as the creator of an upload token. Throws `forbidden` if the caller is itself an upload token. */
export function tokenMakerOf(request: FastifyRequest): TokenMaker {
  const { account, by } = callerOf(request);
  if ('token' in by) throw new ApiError('forbidden');
  return {
    accountId: account.id,
    by: 'key' in by ? { keyId: by.key.id } : { userId: by.user.id },
    actor: actorOf(request),
  };
}

/**
 * Returns the rights that the caller may grant to a key. A person may grant the scopes of their role, for all addresses and without expiry.
 */
export function makerOf(request: FastifyRequest): KeyMaker {
  const { by, scopes } = callerOf(request);
  return 'key' in by ? by : { rights: { scopes: [...scopes], allowed_cidrs: [], expires_at: null } };
}
