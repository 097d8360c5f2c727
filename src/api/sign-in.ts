import type { FastifyReply, FastifyRequest } from 'fastify';
import { appendAudit } from '../accounts/audit.ts';
import { ApiError } from '../contract/errors.ts';
import { isPassword } from '../people/passwords.ts';
import { findUser, type User } from '../people/users.ts';
import type { ApiDeps } from './deps.ts';
import { applyLimit } from './plugins/auth.ts';

/**
 * Returns the person whose e-mail address and password these are. An unknown address, a wrong password and a disabled person get
 * the same answer, after the same time.
 */
export async function provedPerson(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ApiDeps,
  { email, password }: { email: string; password: string },
): Promise<User> {
  await limitAddress(request, deps);
  const tries = await deps.limits.signIn(email.trim().toLowerCase(), request.ip);
  const user = await findUser(deps.context.db, email);
  if (tries.justExceeded) await noteRefusal(request, deps, user);
  applyLimit(reply, tries);
  const isRight = await isPassword(password, user?.password_hash ?? null);
  if (user && isRight && !user.disabled_at) return user;
  throw new ApiError('invalid_credentials');
}

export async function limitAddress(request: FastifyRequest, { limits }: ApiDeps): Promise<void> {
  const { allowed, limit, resetSeconds } = await limits.address(request.ip);
  if (!allowed) throw new ApiError('rate_limit_exceeded', { limit, retry_after_seconds: resetSeconds });
}

export function originOf(request: FastifyRequest) {
  return { ip: request.ip, requestId: request.id };
}

async function noteRefusal(request: FastifyRequest, { context }: ApiDeps, user: User | undefined): Promise<void> {
  const entry = { actor: 'anonymous', action: 'auth.refused', target: user?.id ?? null, result: 'refused' } as const;
  await context.db.transaction().execute((tx) => appendAudit(tx, { ...originOf(request), ...entry }));
}
