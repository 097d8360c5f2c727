import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../contract/errors.ts';
import type { SessionView } from '../contract/people.ts';
import { DEVICE_SECONDS } from '../identity/known-devices.ts';
import { SESSION_SECONDS, type SessionCaller } from '../identity/sessions.ts';
import { csrfOf, isCsrfOf } from '../identity/tokens.ts';

export const SESSION_COOKIE = 'airlock_session';
/**
 * Name of the cookie that marks a browser in which a person has signed in; see `identity/known-devices.ts`. Signing out does not delete the
 * cookie.
 */
const DEVICE_COOKIE = 'airlock_device';
const CSRF_HEADER = 'x-airlock-csrf';
const READING = ['GET', 'HEAD', 'OPTIONS'];

/** Returns the token of the session cookie. Returns null if there is none. */
export function sessionTokenOf(request: FastifyRequest): string | null {
  return request.cookies[SESSION_COOKIE] ?? null;
}

export function setSessionCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(SESSION_COOKIE, token, { ...cookieOptions(request), maxAge: SESSION_SECONDS });
}

/** Returns the token by which a browser proves that a person has signed in there before. Returns an empty text if there is none. */
export function deviceTokenOf(request: FastifyRequest): string {
  return request.cookies[DEVICE_COOKIE] ?? '';
}

export function setDeviceCookie(request: FastifyRequest, reply: FastifyReply, token: string): void {
  reply.setCookie(DEVICE_COOKIE, token, { ...cookieOptions(request), maxAge: DEVICE_SECONDS });
}

export function clearSessionCookie(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(SESSION_COOKIE, cookieOptions(request));
}

function cookieOptions(request: FastifyRequest) {
  return { httpOnly: true, sameSite: 'strict', secure: request.protocol === 'https', path: '/' } as const;
}

/**
 * Throws unless a change was made by a page of this server. SameSite keeps the cookie from other sites, but a site includes every port and
 * subdomain. Pages there cannot read the value of the header.
 */
export function requireCsrf(request: FastifyRequest, token: string): void {
  if (READING.includes(request.method)) return;
  if (!isCsrfOf(token, request.headers[CSRF_HEADER])) throw new ApiError('csrf_required', { field: CSRF_HEADER });
}

/**
 * Throws if a page of another site sends the request, as shown by the headers of the browser. Otherwise a form of that page could sign a
 * person in to another person's account.
 */
export function requireSameSite(request: FastifyRequest): void {
  const site = request.headers['sec-fetch-site'];
  const { origin, host } = request.headers;
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (isForeign || (origin !== undefined && hostOf(origin) !== host)) throw new ApiError('cross_site');
}

function hostOf(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}

export function viewSession({ session, user, account }: SessionCaller, token: string): SessionView {
  return {
    user: { id: user.id, email: user.email, role: user.role },
    account: { id: account.id, name: account.name },
    csrf: csrfOf(token),
    expires_at: session.expires_at.toISOString(),
  };
}
