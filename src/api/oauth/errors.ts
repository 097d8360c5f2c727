import type { FastifyReply } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { setRetryAfter } from '../plugins/errors.ts';

/** The code of an OAuth error (RFC 6749, 5.2 and 4.1.2.1; RFC 7591, 3.2.2; RFC 8707, 2). */
export type OauthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_redirect_uri'
  | 'invalid_client_metadata'
  | 'unsupported_grant_type'
  | 'unsupported_response_type'
  | 'access_denied'
  | 'server_error'
  | 'temporarily_unavailable';

export class OauthError extends Error {
  readonly code: OauthErrorCode;
  readonly status: number;

  /** @param description text for developers, which contains only ASCII without quotes (RFC 6749, 5.2) */
  constructor(code: OauthErrorCode, description: string, status = 400) {
    super(description);
    this.code = code;
    this.status = status;
  }
}

/** Converts any error to an OAuth error. */
export function toOauthError(error: unknown): OauthError {
  if (error instanceof OauthError) return error;
  const { status = 0, statusCode = 500 } = error as { status?: number; statusCode?: number };
  const known = error instanceof ApiError ? status : statusCode;
  if (known === 429) return new OauthError('temporarily_unavailable', 'Too many requests; wait a minute', 429);
  if (known === 503) return new OauthError('temporarily_unavailable', 'Try again in a moment', 503);
  if (error instanceof ApiError && error.code === 'too_many_keys')
    return new OauthError('access_denied', 'The account has too many keys; revoke some first');
  if (known >= 400 && known < 500) return new OauthError('invalid_request', 'The request could not be read', known);
  return new OauthError('server_error', 'Internal error', 500);
}

export function sendOauthError(reply: FastifyReply, error: OauthError): FastifyReply {
  setRetryAfter(reply, error.status);
  return reply
    .code(error.status)
    .header('cache-control', 'no-store')
    .send({ error: error.code, error_description: error.message });
}
