import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { getAccount } from '../../accounts/accounts.ts';
import { errorBody } from '../../contract/common.ts';
import { ApiError } from '../../contract/errors.ts';
import { endedSession, session, setupBody, setupLink, signInBody } from '../../contract/people.ts';
import type { Db } from '../../database/pool.ts';
import { makeDeviceToken } from '../../identity/known-devices.ts';
import { countSignIns, hashPassword } from '../../identity/passwords.ts';
import { endSession, findSession, type OpenedSession, openSession } from '../../identity/sessions.ts';
import { readSetupLink, useSetupLink } from '../../identity/setup-links.ts';
import { hashToken } from '../../identity/tokens.ts';
import type { User } from '../../identity/users.ts';
import type { ApiDeps } from '../deps.ts';
import {
  clearSessionCookie,
  requireCsrf,
  requireSameSite,
  sessionTokenOf,
  setDeviceCookie,
  setSessionCookie,
  viewSession,
} from '../session-cookie.ts';
import { limitAddress, originOf, provedPerson } from '../sign-in.ts';
import type { App } from '../types.ts';

type SignedIn = OpenedSession & { user: User };

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

/**
 * Registers the routes for signing in and out, and for the links that set passwords. These are open routes, and each route checks its own
 * requirements.
 */
export function registerPeople(app: App, deps: ApiDeps): void {
  deps.metrics.countSignIns(countSignIns);
  registerSession(app, deps);
  registerSetup(app, deps);
}

function registerSession(app: App, deps: ApiDeps): void {
  registerSignIn(app, deps);
  registerCurrentSession(app, deps);
}

function registerSignIn(app: App, deps: ApiDeps): void {
  const { db } = deps.context;

  app.post(
    '/v1/session',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'signIn',
        tags: ['session'],
        summary: 'Sign in',
        description:
          'For the pages of this server. Programs use keys. Sets the cookies `airlock_session` and `airlock_device`. With `airlock_device`, Airlock handles sign-ins of this browser before sign-ins of unknown browsers.',
        security: [],
        body: signInBody,
        response: { 200: session, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      requireSameSite(request);
      const user = await provedPerson(request, reply, deps, request.body);
      const opened = await db.transaction().execute((tx) => openSession(tx, user, originOf(request)));
      return answerSession(db, { request, reply }, { ...opened, user });
    },
  );
}

function registerCurrentSession(app: App, deps: ApiDeps): void {
  const { db } = deps.context;

  app.get(
    '/v1/session',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'getSession',
        tags: ['session'],
        summary: 'Get the signed-in person',
        description:
          'Returns the person, the account and the `csrf` value that changes require. Returns 401 without a session.',
        security: [{ session: [] }],
        response: { 200: session, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const { token, ...found } = await sessionOf(db, request);
      reply.header('cache-control', 'no-store');
      return viewSession(found, token);
    },
  );

  app.delete(
    '/v1/session',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'signOut',
        tags: ['session'],
        summary: 'Sign out',
        description: 'Ends the session and deletes its cookie.',
        security: [{ session: [] }],
        response: { 200: endedSession, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      const found = await sessionOf(db, request);
      requireCsrf(request, found.token);
      const by = { ...originOf(request), actor: `user:${found.user.id}` };
      await db.transaction().execute((tx) => endSession(tx, found.session, by));
      clearSessionCookie(request, reply);
      return { id: found.session.id, object: 'session' as const, deleted: true as const };
    },
  );
}

/** Returns the session of a request. Throws `unauthorized` without a session. */
async function sessionOf(db: Db, request: FastifyRequest) {
  const token = sessionTokenOf(request);
  const found = token ? await findSession(db, token) : undefined;
  if (!token || !found) throw new ApiError('unauthorized');
  return { ...found, token };
}

/** Sets the cookie of a new session, and returns the data about it that the page may read. */
async function answerSession(db: Db, { request, reply }: Exchange, { user, session, token }: SignedIn) {
  const account = await getAccount(db, user.account_id);
  setSessionCookie(request, reply, token);
  reply.header('cache-control', 'no-store');
  return viewSession({ session, user, account: account! }, token);
}

function registerSetup(app: App, deps: ApiDeps): void {
  const { db, vault } = deps.context;

  app.get(
    '/v1/setup',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'getSetupLink',
        tags: ['session'],
        summary: 'Get the person of a setup link',
        description: 'Returns the person and the account of a setup link, so that a page can show them.',
        security: [],
        headers: z.object({
          'x-airlock-setup': z.string().max(100).optional().describe('The part of the link behind `#`.'),
        }),
        response: { 200: setupLink, '4xx': errorBody },
      },
    },
    async (request) => {
      await limitAddress(request, deps);
      return readSetupLink(db, request.headers['x-airlock-setup'] ?? '');
    },
  );

  app.post(
    '/v1/setup',
    {
      config: { scope: 'open' },
      schema: {
        operationId: 'useSetupLink',
        tags: ['session'],
        summary: 'Set a password with a setup link',
        description: 'Sets the password and signs the person in. A link works once, and expires after 24 hours.',
        security: [],
        body: setupBody,
        response: { 201: session, '4xx': errorBody },
      },
    },
    async (request, reply) => {
      requireSameSite(request);
      await limitAddress(request, deps);
      const { token, password } = request.body;
      await readSetupLink(db, token);
      const hash = await hashPassword(password, { key: `link:${hashToken(token)?.toString('hex')}`, isKnown: true });
      const signedIn = await db.transaction().execute((tx) => useSetupLink(tx, request.body, hash, originOf(request)));
      setDeviceCookie(request, reply, makeDeviceToken(vault, { ...signedIn.user, password_hash: hash }));
      reply.code(201);
      return answerSession(db, { request, reply }, signedIn);
    },
  );
}
