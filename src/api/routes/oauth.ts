import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { ACCESS_SECONDS, type NewTokens } from '../../accounts/oauth-tokens.ts';
import { registerClient } from '../../identity/oauth-clients.ts';
import { endGrant, exchangeCode, refreshGrant } from '../../identity/oauth-grants.ts';
import { isRedirectUri } from '../../identity/redirect-uri.ts';
import type { ApiDeps } from '../deps.ts';
import { OFFERED_SCOPES, requireResource } from '../oauth/authorization.ts';
import { registerConsent } from '../oauth/consent.ts';
import { OauthError, sendOauthError, toOauthError } from '../oauth/errors.ts';
import { parametersOf } from '../oauth/form.ts';
import { publicOrigin } from '../public-origin.ts';
import { limitAddress, originOf } from '../sign-in.ts';
import type { App } from '../types.ts';

const OPEN = { config: { scope: 'open' }, schema: { hide: true } } as const;
const MAX_FORM_BYTES = 16 * 1024;

/** Characters that are invisible or change the order of the surrounding text. */
const UNSHOWN = /[\p{C}\p{Zl}\p{Zp}]/gu;
const clientMetadata = z.object({
  client_name: z
    .string()
    .max(200)
    .optional()
    .transform((name) => name?.replaceAll(UNSHOWN, '').trim().slice(0, 80) || 'An application'),
  redirect_uris: z.array(z.string()).min(1).max(10),
});

/**
 * Registers OAuth 2.1 for clients that cannot be given a key, such as assistants. This API is both the authorization server and the
 * resource. Clients are public, register themselves (RFC 7591), and prove by PKCE that a code was issued to them.
 */
export function registerOauth(app: App, deps: ApiDeps): void {
  registerMetadata(app, deps);
  app.register(async (scope) => {
    const inner = scope as unknown as App;
    // The form encoding of RFC 6749. All other bodies are JSON.
    inner.addContentTypeParser(
      'application/x-www-form-urlencoded',
      { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
      (_request, body, done) => {
        try {
          done(null, parametersOf(body as string));
        } catch (error) {
          done(error as Error);
        }
      },
    );
    inner.setErrorHandler((error, request, reply) => {
      const known = toOauthError(error);
      if (known.status >= 500) request.log.error({ err: error }, 'request failed');
      return sendOauthError(reply, known);
    });
    registerRegistration(inner, deps);
    registerTokens(inner, deps);
    registerConsent(inner, deps);
  });
}

function registerMetadata(app: App, { settings }: ApiDeps): void {
  const server = async (request: FastifyRequest) => {
    const issuer = publicOrigin(settings, request);
    return {
      issuer,
      authorization_endpoint: `${issuer}/oauth/authorize`,
      token_endpoint: `${issuer}/oauth/token`,
      registration_endpoint: `${issuer}/oauth/register`,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      scopes_supported: OFFERED_SCOPES,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      revocation_endpoint_auth_methods_supported: ['none'],
      authorization_response_iss_parameter_supported: true,
    };
  };
  const resource = (path: string) => async (request: FastifyRequest) => {
    const origin = publicOrigin(settings, request);
    return {
      resource: `${origin}${path}`,
      authorization_servers: [origin],
      scopes_supported: OFFERED_SCOPES,
      bearer_methods_supported: ['header'],
      resource_name: 'Airlock',
    };
  };
  app.get('/.well-known/oauth-authorization-server', OPEN, server);
  app.get('/.well-known/oauth-protected-resource', OPEN, resource(''));
  app.get('/.well-known/oauth-protected-resource/mcp', OPEN, resource('/mcp'));
}

function registerRegistration(app: App, deps: ApiDeps): void {
  app.post('/oauth/register', OPEN, async (request, reply) => {
    await limitAddress(request, deps);
    const state = await deps.limits.registration(request.ip);
    if (!state.allowed) throw new OauthError('temporarily_unavailable', 'Too many registrations; wait a minute', 429);
    const sent = clientMetadata.safeParse(request.body);
    if (!sent.success) throw new OauthError('invalid_client_metadata', 'redirect_uris and client_name are wrong');
    const { client_name: name, redirect_uris: redirectUris } = sent.data;
    if (!redirectUris.every(isRedirectUri)) {
      const description = 'redirect_uris must be https URLs, or http URLs of this machine, without fragment and user';
      throw new OauthError('invalid_redirect_uri', description);
    }
    const client = await deps.context.db.transaction().execute((tx) => registerClient(tx, { name, redirectUris }));
    return reply
      .code(201)
      .header('cache-control', 'no-store')
      .send({
        client_id: client.id,
        client_id_issued_at: Math.floor(client.created_at.getTime() / 1000),
        client_name: client.name,
        redirect_uris: client.redirect_uris,
        grant_types: ['authorization_code', 'refresh_token'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      });
  });
}

function registerTokens(app: App, deps: ApiDeps): void {
  const { db } = deps.context;

  app.post('/oauth/token', OPEN, async (request, reply) => {
    await limitAddress(request, deps);
    const sent = formOf(request);
    requireResource(sent.resource, publicOrigin(deps.settings, request));
    const clientId = sent.client_id ?? '';
    const by = originOf(request);
    // This transaction also commits after a rejection, because a code can be tried only once, and a code that is used twice ends its grant.
    const tokens = await db.transaction().execute((tx) => {
      if (sent.grant_type === 'authorization_code') {
        const { code = '', redirect_uri: redirectUri = '', code_verifier: verifier = '' } = sent;
        return exchangeCode(tx, { code, clientId, redirectUri, verifier }, by);
      }
      if (sent.grant_type === 'refresh_token')
        return refreshGrant(tx, { refresh: sent.refresh_token ?? '', clientId }, by);
      throw new OauthError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token');
    });
    if (!tokens)
      throw new OauthError('invalid_grant', 'The code or token is wrong, used, expired or of another client');
    return sendTokens(reply, tokens);
  });

  app.post('/oauth/revoke', OPEN, async (request, reply) => {
    await limitAddress(request, deps);
    const { token, client_id: clientId = null } = formOf(request);
    if (!token) throw new OauthError('invalid_request', 'token is missing');
    await db.transaction().execute((tx) => endGrant(tx, token, clientId, originOf(request)));
    return reply.code(200).send({});
  });
}

function sendTokens(reply: FastifyReply, { key, access, refresh }: NewTokens): FastifyReply {
  return reply.header('cache-control', 'no-store').send({
    access_token: access,
    token_type: 'Bearer',
    expires_in: ACCESS_SECONDS,
    refresh_token: refresh,
    scope: key.scopes.join(' '),
  });
}

function formOf(request: FastifyRequest): Record<string, string> {
  const { body, headers } = request;
  if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded') || !body)
    throw new OauthError('invalid_request', 'Send application/x-www-form-urlencoded');
  return body as Record<string, string>;
}
