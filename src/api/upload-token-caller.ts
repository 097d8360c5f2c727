import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../contract/errors.ts';
import { isWebOrigin } from '../contract/upload-tokens.ts';
import { findUploadToken, type UploadToken } from '../uploads/tokens.ts';
import type { Caller } from './caller.ts';
import { readableBy } from './cross-origin.ts';
import type { ApiDeps } from './deps.ts';

const ENDED = { reason: 'the upload token has expired or was revoked', remedy: 'Request a new token from your server' };

/**
 * Authenticates a request with an upload token. Returns null for a token that does not exist or that is used from another origin: both get
 * the same response. Throws `unauthorized` with a reason for a token that has expired or was revoked.
 */
export async function authenticateUploadToken(
  request: FastifyRequest,
  reply: FastifyReply,
  { context }: ApiDeps,
  raw: string,
): Promise<Caller | null> {
  const found = await findUploadToken(context.db, raw);
  const { origin } = request.headers;
  if (!found || !isFromOrigin(found.token, origin)) return null;
  const { token, account, isActive } = found;
  if (origin !== undefined && request.routeOptions.config.uploadToken) reply.headers(readableBy(origin));
  if (!isActive) throw new ApiError('unauthorized', ENDED);
  return { account, scopes: [], by: { token }, id: token.id, ownKeys: [] };
}

/**
 * Whether a request may use the token. A token with an origin requires exactly this origin. A sandboxed or local page has no origin
 * (`null`).
 */
function isFromOrigin({ origin: allowed }: UploadToken, origin: string | undefined): boolean {
  if (allowed !== null) return origin === allowed;
  return origin === undefined || isWebOrigin(origin);
}
