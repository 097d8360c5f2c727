import { ACCOUNT_SCOPES } from '../../contract/keys.ts';
import type { Db } from '../../database/pool.ts';
import { findClient, type OauthClient } from '../../identity/oauth-clients.ts';
import { isRegistered } from '../../identity/redirect-uri.ts';
import { OauthError } from './errors.ts';

/**
 * The scopes in the metadata for clients, and the scopes of a client that requests none. Excludes `admin`, because clients request every
 * scope in the metadata. A client can still request `admin` explicitly.
 */
export const OFFERED_SCOPES = ['transcode', 'upload', 'read'] as const;
const MAX_STATE = 2000;

/** The redirect target of a response. No client or person may be redirected before this target is known. */
export interface Target {
  client: OauthClient;
  redirectUri: string;
  state: string | undefined;
}

/** Finds the client and its redirect URI. Throws if either is wrong, because the browser must then not be redirected. */
export async function findTarget(db: Db, sent: Record<string, string>): Promise<Target> {
  const client = await findClient(db, sent.client_id ?? '');
  if (!client) throw new OauthError('invalid_client', 'This application is not registered here');
  const redirectUri = sent.redirect_uri ?? '';
  if (!isRegistered(redirectUri, client.redirect_uris))
    throw new OauthError('invalid_redirect_uri', 'The application has not registered this redirect_uri');
  return { client, redirectUri, state: sent.state };
}

/** Reads the request of a client whose target is known. Throws an error that is sent to the client. */
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

/** Throws if the client requests a token for another server (RFC 8707). */
export function requireResource(resource: string | undefined, origin: string): void {
  if (resource === undefined) return;
  if (![origin, `${origin}/mcp`].includes(resource.replace(/\/$/, '')))
    throw new OauthError('invalid_target', 'resource must be this server');
}

/** Returns the redirect URI with the parameters of a response. `iss` names this server (RFC 9207). */
export function answerUri({ redirectUri, state }: Target, origin: string, answer: Record<string, string>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...answer, ...(state && { state }), iss: origin })) {
    url.searchParams.set(name, value);
  }
  return url.href;
}
