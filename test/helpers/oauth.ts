import { createHash, randomBytes } from 'node:crypto';
import type { Role } from '../../src/contract/people.ts';
import { openSession } from '../../src/identity/sessions.ts';
import { csrfOf } from '../../src/identity/tokens.ts';
import { createUser, setPassword, type User } from '../../src/identity/users.ts';
import type { ApiResponse } from '../../testkit/service.ts';
import type { TestApi } from './api.ts';
import { cheapHash } from './passwords.ts';

export const PASSWORD = 'correct horse battery';
export const CALLBACK = 'https://client.example/callback';
const FORM = 'application/x-www-form-urlencoded';

export interface Person {
  user: User;
  cookie: string;
  csrf: string;
}

/** Returns functions of a browser and an OAuth client for an API in this process. */
export function oauthOf(api: TestApi) {
  let people = 0;
  const open = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    api.call(method, path, body, { authorization: '', ...headers });
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    open('POST', path, new URLSearchParams(fields).toString(), { 'content-type': FORM, ...headers });

  return {
    open,
    post,
    async person(role: Role = 'member', accountId = api.account.id): Promise<Person> {
      return api.database.db.transaction().execute(async (tx) => {
        const email = `oauth-${++people}@example.org`;
        const user = await createUser(tx, { accountId, email, role }, { actor: 'test' });
        await setPassword(tx, user.id, cheapHash(PASSWORD));
        const { token } = await openSession(tx, user, {});
        return { user, cookie: `airlock_session=${token}`, csrf: csrfOf(token) };
      });
    },
    async client(options: { name?: string; uris?: string[] } = {}): Promise<string> {
      const { name = 'A client', uris = [CALLBACK] } = options;
      const made = await open('POST', '/oauth/register', { client_name: name, redirect_uris: uris });
      if (made.status !== 201) throw new Error(made.text);
      return made.json.client_id;
    },
    /** Grants the client all requested scopes, and returns the response that redirects the browser. */
    allow: (person: Person, fields: Record<string, string>, headers = {}) =>
      post(
        '/oauth/authorize',
        { csrf: person.csrf, decision: 'allow', ...boxes(fields.scope), ...fields },
        { cookie: person.cookie, ...headers },
      ),
    exchange: (fields: Record<string, string>) =>
      post('/oauth/token', { grant_type: 'authorization_code', redirect_uri: CALLBACK, ...fields }),
    refresh: (clientId: string, token: string) =>
      post('/oauth/token', { grant_type: 'refresh_token', client_id: clientId, refresh_token: token }),
    statusOf: async (token: string, path = '/v1/transcodes') =>
      (await open('GET', path, undefined, { authorization: `Bearer ${token}` })).status,
  };
}

/** Returns the fields of the consent form with the checkboxes of these scopes checked. */
export function boxes(scope = 'transcode upload read'): Record<string, string> {
  return Object.fromEntries(scope.split(' ').map((one) => [`grant_${one}`, '1']));
}

/** Returns a PKCE verifier, and the parameters of an authorization request with its challenge. */
export function asking(clientId: string, more: Record<string, string> = {}) {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const fields: Record<string, string> = {
    ...{ client_id: clientId, redirect_uri: CALLBACK, response_type: 'code', state: 'a state' },
    ...{ code_challenge: challenge, code_challenge_method: 'S256', ...more },
  };
  return { verifier, fields };
}

/** Returns the parameters of the URL at which a browser is sent back to a client. */
export function responded({ headers }: ApiResponse): Record<string, string> {
  return Object.fromEntries(new URL(headers.get('location') ?? 'about:blank').searchParams);
}
