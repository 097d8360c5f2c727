import type { FastifyReply, FastifyRequest } from 'fastify';
import { appendAudit } from '../accounts/audit.ts';
import { addressGroup } from '../config/addresses.ts';
import { ApiError } from '../contract/errors.ts';
import { knownDevice, makeDeviceToken } from '../identity/known-devices.ts';
import { isPassword } from '../identity/passwords.ts';
import type { TurnOwner } from '../identity/turns.ts';
import { findUser, type User } from '../identity/users.ts';
import type { SignInResult } from '../telemetry/index.ts';
import type { ApiDeps } from './deps.ts';
import { applyLimit } from './plugins/auth.ts';
import { deviceTokenOf, setDeviceCookie } from './session-cookie.ts';

/**
 * Returns the person with this email address and password. An unknown address, a wrong password and a disabled person get the same
 * response, after the same time. Remembers the browser, which then has its own limit of failed sign-ins.
 */
export async function provedPerson(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: ApiDeps,
  { email, password }: { email: string; password: string },
): Promise<User> {
  await limitAddress(request, deps);
  const { db, vault } = deps.context;
  const user = await findUser(db, email);
  const device = user ? knownDevice(vault, user, deviceTokenOf(request)) : null;
  const limit = deps.limits.signIn({ email: email.trim().toLowerCase(), ip: request.ip, device });
  const owner = device ? { key: `device:${device}`, isKnown: true } : strangerAt(request.ip);
  const count = (result: SignInResult) => deps.metrics.signIns.inc({ result });

  const exceeded = limit.rejection();
  if (exceeded) {
    count('limited');
    applyLimit(reply, exceeded, FAILURES);
  }
  const isRight = await isPassword(password, user?.password_hash ?? null, owner).catch((error) => {
    count('busy');
    throw error;
  });
  if (user && isRight && !user.disabled_at) {
    count('ok');
    setDeviceCookie(request, reply, makeDeviceToken(vault, user));
    return user;
  }
  const failures = await limit.failed();
  count(failures.allowed ? 'wrong' : 'limited');
  if (failures.justExceeded) await recordRejection(request, deps, user);
  applyLimit(reply, failures, FAILURES);
  throw new ApiError('invalid_credentials');
}

const FAILURES = 'failed sign-ins';

function strangerAt(ip: string): TurnOwner {
  return { key: `address:${addressGroup(ip)}`, isKnown: false };
}

export async function limitAddress(request: FastifyRequest, { limits }: ApiDeps): Promise<void> {
  const { allowed, limit, resetSeconds } = await limits.address(request.ip);
  if (!allowed) throw new ApiError('rate_limit_exceeded', { limit, retry_after_seconds: resetSeconds });
}

export function originOf(request: FastifyRequest) {
  return { ip: request.ip, requestId: request.id };
}

async function recordRejection(request: FastifyRequest, { context }: ApiDeps, user: User | undefined): Promise<void> {
  const entry = { actor: 'anonymous', action: 'auth.refused', target: user?.id ?? null, result: 'refused' } as const;
  await context.db.transaction().execute((tx) => appendAudit(tx, { ...originOf(request), ...entry }));
}
