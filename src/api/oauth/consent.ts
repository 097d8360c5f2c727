import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiError } from '../../contract/errors.ts';
import { allowedScopes, grantCode } from '../../identity/oauth-grants.ts';
import { findSession } from '../../identity/sessions.ts';
import { csrfOf, isCsrfOf } from '../../identity/tokens.ts';
import type { User } from '../../identity/users.ts';
import type { ApiDeps } from '../deps.ts';
import { publicOrigin } from '../public-origin.ts';
import { requireSameSite, sessionTokenOf } from '../session-cookie.ts';
import { limitAddress, originOf, provedPerson } from '../sign-in.ts';
import type { App } from '../types.ts';
import { answerUri, findTarget, readRequest, type Target } from './authorization.ts';
import { OauthError, toOauthError } from './errors.ts';
import { parametersOf } from './form.ts';
import { sendBounce, sendConsent, sendProblem } from './page.ts';

const OPEN = { config: { scope: 'open' }, schema: { hide: true } } as const;
/** Query parameter that marks a request that this site has reloaded. */
const BOUNCED = 'bounced';
/** Parameters that the form repeats. */
const REPEATED = [
  ...['client_id', 'redirect_uri', 'response_type', 'state', 'scope', 'resource'],
  ...['code_challenge', 'code_challenge_method'],
];

/** Prefix of the names of the form's checkboxes. */
const BOX = 'grant_';

interface Asked {
  sent: Record<string, string>;
  target: Target;
  challenge: string;
  scopes: string[];
  origin: string;
}

/** Arguments of each step of the page. */
interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
  deps: ApiDeps;
}

/** Registers the page on which a person allows or denies access for a client. */
export function registerConsent(app: App, deps: ApiDeps): void {
  app.get('/oauth/authorize', OPEN, (request, reply) =>
    answerPeople(request, reply, () => showPage({ request, reply, deps })),
  );
  app.post('/oauth/authorize', OPEN, (request, reply) =>
    answerPeople(request, reply, () => decide({ request, reply, deps })),
  );
}

async function showPage(exchange: Exchange): Promise<FastifyReply> {
  const { request, reply } = exchange;
  const query = request.url.split('?')[1] ?? '';
  const asked = await readAsked(exchange, parametersOf(query));
  if (!asked) return reply;
  const { session, user } = await signedIn(exchange);
  if (!user && asked.sent[BOUNCED] === undefined && request.headers['sec-fetch-site'] === 'cross-site')
    return sendBounce(reply, `/oauth/authorize?${query}&${BOUNCED}=1`);
  // The address, which the client chose, must not preselect `admin`. Only the form can select it.
  const selected = asked.scopes.filter((scope) => scope !== 'admin');
  return show(reply, asked, { session, user, selected });
}

/** Handles the submitted form. */
async function decide(exchange: Exchange): Promise<FastifyReply> {
  const { request, reply } = exchange;
  requireSameSite(request);
  const asked = await readAsked(exchange, (request.body ?? {}) as Record<string, string>);
  if (!asked) return reply;
  const { sent } = asked;
  const { session, user } = await signedIn(exchange);
  const selected = asked.scopes.filter((scope) => sent[BOX + scope] !== undefined);
  if (session && !isCsrfOf(session, sent.csrf)) throw new ApiError('csrf_required');
  if (sent.decision !== 'allow')
    return redirectWithError(reply, asked, new OauthError('access_denied', 'The person denied the request'));
  if (selected.length === 0) {
    const problem = 'Select at least one permission, or deny the request.';
    return show(reply, asked, { session, user, selected, problem, status: 400 });
  }
  const granted = { ...asked, scopes: selected };
  return user ? allow(exchange, granted, user) : signInAndAllow(exchange, granted, asked);
}

/** Allows access with the password in the form. Shows the form again if the password is wrong. */
async function signInAndAllow(exchange: Exchange, granted: Asked, asked: Asked): Promise<FastifyReply> {
  const { request, reply, deps } = exchange;
  try {
    const { email = '', password = '' } = asked.sent;
    return await allow(exchange, granted, await provedPerson(request, reply, deps, { email, password }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500) throw error;
    const { status } = error;
    const problem = status === 429 ? 'Too many attempts. Wait a minute.' : 'Email or password is wrong.';
    return show(reply, asked, { session: null, user: null, selected: granted.scopes, problem, status });
  }
}

/**
 * Reads the request of a client. Returns null if an error has been sent to the client. Throws if the client or its redirect URI is wrong.
 */
async function readAsked({ request, reply, deps }: Exchange, sent: Record<string, string>): Promise<Asked | null> {
  await limitAddress(request, deps);
  const origin = publicOrigin(deps.settings, request);
  const target = await findTarget(deps.context.db, sent);
  try {
    return { sent, target, origin, ...readRequest(sent, origin) };
  } catch (error) {
    redirectWithError(reply, { target, origin }, toOauthError(error));
    return null;
  }
}

async function signedIn({ request, deps }: Exchange): Promise<{ session: string | null; user: User | null }> {
  const session = sessionTokenOf(request);
  const found = session ? await findSession(deps.context.db, session) : undefined;
  return found ? { session, user: found.user } : { session: null, user: null };
}

async function allow({ request, reply, deps }: Exchange, asked: Asked, user: User): Promise<FastifyReply> {
  const { target, challenge, origin } = asked;
  const scopes = allowedScopes(user, asked.scopes);
  if (scopes.length === 0)
    return redirectWithError(
      reply,
      asked,
      new OauthError('invalid_scope', 'The person has none of the requested permissions'),
    );
  const consent = { client: target.client, user, redirectUri: target.redirectUri, challenge, scopes };
  const code = await deps.context.db.transaction().execute((tx) => grantCode(tx, consent, originOf(request)));
  return redirect(reply, answerUri(target, origin, { code }));
}

interface Shown {
  session: string | null;
  user: User | null;
  /** Scopes with a checked box. */
  selected: readonly string[];
  problem?: string;
  status?: number;
}

function show(
  reply: FastifyReply,
  { sent, target, scopes }: Asked,
  { session, user, selected, problem, status = 200 }: Shown,
): Promise<FastifyReply> {
  const offered = user ? allowedScopes(user, scopes) : scopes;
  const repeated = REPEATED.filter((name) => sent[name] !== undefined).map((name) => [name, sent[name]!]);
  return sendConsent(reply, status, {
    clientName: target.client.name,
    redirectUri: target.redirectUri,
    scopes: offered.map((scope) => ({ name: scope, box: BOX + scope, isSelected: selected.includes(scope) })),
    email: user?.email ?? null,
    hidden: { ...Object.fromEntries(repeated), ...(session && { csrf: csrfOf(session) }) },
    problem: problem ?? null,
  });
}

function redirectWithError(
  reply: FastifyReply,
  { target, origin }: Pick<Asked, 'target' | 'origin'>,
  error: OauthError,
) {
  return redirect(reply, answerUri(target, origin, { error: error.code, error_description: error.message }));
}

/** Uses 303, because a browser must not forward the form, which may contain a password, to the client. */
function redirect(reply: FastifyReply, url: string): FastifyReply {
  return reply.header('cache-control', 'no-store').header('referrer-policy', 'no-referrer').redirect(url, 303);
}

/** Shows errors as a page for the person at the browser. */
async function answerPeople(
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return sendProblem(reply, 403, error.message);
    const known = toOauthError(error);
    if (known.status >= 500) request.log.error({ err: error }, 'request failed');
    return sendProblem(reply, known.status, known.message);
  }
}
