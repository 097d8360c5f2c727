import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Account } from '../accounts/accounts.ts';
import type { PresignBody } from '../contract/uploads.ts';
import { requireTokenAllows, shareForTokens } from '../uploads/token-bounds.ts';
import type { UploadToken } from '../uploads/tokens.ts';
import { callerOf, uploadTokenOf } from './caller.ts';
import type { ApiDeps } from './deps.ts';
import { applyLimit } from './plugins/auth.ts';

/**
 * Checks the bounds of the token of a request before an upload begins. Returns the token, or null for a key or a person, and the account
 * with the storage limit that applies to the caller. Throws `upload_token_exceeded` or `rate_limit_exceeded`.
 */
export async function checkUploader(
  request: FastifyRequest,
  reply: FastifyReply,
  { limits }: ApiDeps,
  body: PresignBody,
): Promise<{ token: UploadToken | null; account: Account }> {
  const token = uploadTokenOf(request);
  const { account } = callerOf(request);
  if (!token) return { token, account };
  requireTokenAllows(token, body);
  const state = await limits.tokenUpload(account.id, request.ip);
  if (!state.allowed) applyLimit(reply, state, 'uploads of web pages from your address');
  return { token, account: shareForTokens(account) };
}
