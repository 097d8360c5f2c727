import type { FastifyReply } from 'fastify';
import type { LimitState } from '../../accounts/limits.ts';
import { ApiError } from '../../contract/errors.ts';

/** Sets the limit's headers; throws 429 when it is used up. */
export function applyLimit(reply: FastifyReply, state: LimitState): void {
  reply.header('RateLimit-Limit', state.limit);
  reply.header('RateLimit-Remaining', state.remaining);
  reply.header('RateLimit-Reset', state.resetSeconds);
  if (state.allowed) return;
  reply.header('Retry-After', state.resetSeconds);
  throw new ApiError('rate_limit_exceeded', { limit: state.limit, retry_after_seconds: state.resetSeconds });
}
