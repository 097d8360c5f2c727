import { ACCOUNT_SCOPES } from '../../contract/keys.ts';
import type { Db } from '../../database/pool.ts';
import { findClient, type OauthClient } from '../../identity/oauth-clients.ts';
import { isRegistered } from '../../identity/redirect-uri.ts';
import { OauthError } from './errors.ts';

/**
 * What metadata offers to clients, and what a client gets that names no scopes. `admin` is not offered, because clients ask
 * for every scope that they are offered; a client can still name it.
 */
export const OFFERED_SCOPES = ['transcode', 'upload', 'read'] as const;
const MAX_STATE = 2000;

/** Where a response may go. Only after this is known may a client or a person be sent there. */
export interface Target {
  client: OauthClient;
  redirectUri: string;
  state: string | undefined;
}

/** Finds the client and its redirect URI. Throws if either is wrong: then the browser must not be redirected. */
export async function findTarget(db: Db, sent: Record<string, string>): Promise<Target> {
  const client = await findClient(db, sent.client_id ?? '');
  if (!client) throw new OauthError('invalid_client', 'This application is not registered here');
  const redirectUri = sent.redirect_uri ?? '';
  if (!isRegistered(redirectUri, client.redirect_uris))
    throw new OauthError('invalid_redirect_uri', 'The application has not registered this redirect_uri');
  return { client, redirectUri, state: sent.state };
}

/** What a client asks for, once its target is known. Throws an error that is sent to the client. */
export function readRequest(sent: Record<string, string>, origin: string): { challenge: string; scopes: string[] } {
  if (sent.response_type !== 'code') throw new OauthError('unsupported_response_type', 'response_type must be code');
  if ((sent.state ?? '').length > MAX_STATE) throw new OauthError('invalid_request', 'state is too long');
  if (sent.code_challenge_method !== 'S256' || !/^[\w-]{43}$/.test(sent.code_challenge ?? ''))
    throw new OauthError('invalid_request', 'code_challenge with code_challenge_method S256 is required');
  requireResource(sent.resource, origin);
  const scopes = sent.scope === undefined ? [...OFFERED_SCOPES] : sent.scope.split(' ').filter((scope) => scope !== '');
  if (scopes.some((scope) => !(ACCOUNT_SCOPES as readonly string[]).includes(scope)))
    throw new OauthError('invalid_scope', `scope may contain ${ACCOUNT_SCOPES.join(' ')}`);
  return { challenge: sent.code_challenge!, scopes: [...new Set(scopes)] };
}

/** A token is for this server: throws if the client wants one for another (RFC 8707). */
export function requireResource(resource: string | undefined, origin: string): void {
  if (resource === undefined) return;
  if (![origin, `${origin}/mcp`].includes(resource.replace(/\/$/, '')))
    throw new OauthError('invalid_target', 'resource must be this server');
}

/** The redirect URI with a response. `iss` names this server (RFC 9207). */
export function answerUri({ redirectUri, state }: Target, origin: string, answer: Record<string, string>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, ...(state && { state }), iss: origin })) {
    url.searchParams.set(name, value);
  }
  return url.href;
}
