import {
  discoverOAuthServerInfo,
  exchangeAuthorization,
  refreshAuthorization,
  registerClient,
  startAuthorization,
} from '@modelcontextprotocol/sdk/client/auth.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setDisabled, setPassword } from '../../src/identity/users.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { asking, boxes, CALLBACK, oauthOf, PASSWORD, type Person, responded } from '../helpers/oauth.ts';
import { cheapHash } from '../helpers/passwords.ts';

let api: TestApi;
let url: string;
let oauth: ReturnType<typeof oauthOf>;
let person: Person;
beforeAll(async () => {
  api = await startApi();
  url = await api.listen();
  oauth = oauthOf(api);
  person = await oauth.person();
});
afterAll(() => api?.close());

async function granted(who = person, more: Record<string, string> = {}) {
  const client = await oauth.client();
  const { verifier, fields } = asking(client, more);
  const { code } = responded(await oauth.allow(who, fields));
  const { json } = await oauth.exchange({ client_id: client, code: code!, code_verifier: verifier });
  return { client, ...json } as { client: string; access_token: string; refresh_token: string; scope: string };
}

/** Returns the names of the checkboxes on a page, and whether each is checked. */
function boxesOf(page: string): Record<string, boolean> {
  const found = page.matchAll(/<input type="checkbox" name="(\w+)" value="1"( checked)?>/g);
  return Object.fromEntries([...found].map(([, name, checked]) => [name!, checked !== undefined]));
}

describe('OAuth', () => {
  it('issues a token to an MCP client, from the 401 of /mcp to a refresh', async () => {
    const rejected = await fetch(`${url}/mcp`, { method: 'POST' });
    const metadata = /resource_metadata="([^"]+)"/.exec(rejected.headers.get('www-authenticate')!)![1]!;
    const info = await discoverOAuthServerInfo(`${url}/mcp`, { resourceMetadataUrl: new URL(metadata) });
    expect(info.resourceMetadata?.resource).toBe(`${url}/mcp`);
    const server = info.authorizationServerUrl;
    const resource = new URL(`${url}/mcp`);
    const redirectUrl = 'http://127.0.0.1:4711/callback';
    const client = await registerClient(server, {
      metadata: info.authorizationServerMetadata!,
      clientMetadata: { client_name: 'An assistant', redirect_uris: [redirectUrl] },
    });
    const common = { metadata: info.authorizationServerMetadata!, clientInformation: client, resource };
    const begun = await startAuthorization(server, { ...common, redirectUrl, state: 'xyz', scope: 'transcode read' });

    const page = await oauth.open('GET', begun.authorizationUrl.pathname + begun.authorizationUrl.search, undefined, {
      cookie: person.cookie,
      host: new URL(url).host,
    });
    expect(page.status).toBe(200);
    for (const text of ['An assistant', '127.0.0.1:4711', person.user.email, 'Create jobs'])
      expect(page.text).toContain(text);
    const hidden = [...page.text.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name, value]) => [
      name!,
      value!.replaceAll(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code))),
    ]);
    expect(info.resourceMetadata?.scopes_supported).toEqual(['transcode', 'upload', 'read']);
    expect(info.authorizationServerMetadata?.scopes_supported).toEqual(['transcode', 'upload', 'read']);
    const form = { ...Object.fromEntries(hidden), ...boxes('transcode read'), decision: 'allow' };
    const sent = await oauth.post('/oauth/authorize', form, { cookie: person.cookie, host: new URL(url).host });
    expect(sent.status).toBe(303);
    const { code, state, iss } = responded(sent);
    expect([state, iss]).toEqual(['xyz', url]);

    const exchange = {
      ...common,
      authorizationCode: code!,
      codeVerifier: begun.codeVerifier,
      redirectUri: redirectUrl,
    };
    const tokens = await exchangeAuthorization(server, exchange);
    expect(tokens).toMatchObject({ token_type: 'Bearer', expires_in: 3600, scope: 'transcode read' });
    expect(await oauth.statusOf(tokens.access_token)).toBe(200);
    expect(await oauth.statusOf(tokens.access_token, '/v1/keys')).toBe(403);
    const renewed = await refreshAuthorization(server, { ...common, refreshToken: tokens.refresh_token! });
    expect(await oauth.statusOf(renewed.access_token)).toBe(200);
    expect(await oauth.statusOf(tokens.access_token)).toBe(401);
  });

  it('asks for email address and password if there is no session, and does not create a session', async () => {
    const client = await oauth.client();
    const { verifier, fields } = asking(client);
    const page = await oauth.open('GET', `/oauth/authorize?${new URLSearchParams(fields)}`);
    expect(page.text).toContain('type="password"');
    const { email } = person.user;
    const form = { ...fields, ...boxes(), email, decision: 'allow' };
    const wrong = await oauth.post('/oauth/authorize', { ...form, password: 'mistyped' });
    expect([wrong.status, wrong.headers.get('location')]).toEqual([401, null]);
    expect(wrong.text).not.toContain('mistyped');
    const right = await oauth.post('/oauth/authorize', { ...form, password: PASSWORD });
    expect([right.status, right.headers.get('set-cookie')]).toEqual([303, expect.stringMatching(/^airlock_device=/)]);
    const code = responded(right).code!;
    expect((await oauth.exchange({ client_id: client, code, code_verifier: verifier })).status).toBe(200);
    // Browsers do not send the session cookie after a navigation from another site, so the page reloads itself once.
    const foreign = await oauth.open('GET', `/oauth/authorize?${new URLSearchParams(fields)}`, undefined, {
      'sec-fetch-site': 'cross-site',
    });
    expect(foreign.text).toMatch(/http-equiv="refresh" content="0;url=[^"]*bounced=1"/);
  });

  it('reports to the client that the person has denied access', async () => {
    const { fields } = asking(await oauth.client());
    const response = responded(await oauth.allow(person, { ...fields, decision: 'deny' }));
    expect(response).toMatchObject({ error: 'access_denied', state: 'a state', iss: expect.any(String) });
    expect(response.code).toBeUndefined();
  });

  it('grants at most the scopes of the role, and never operator', async () => {
    const viewer = await oauth.person('viewer');
    expect((await granted(viewer, { scope: 'read transcode admin' })).scope).toBe('read');
    const operator = await oauth.person('operator');
    expect((await granted(operator, { scope: 'transcode upload read admin' })).scope).toBe(
      'transcode upload read admin',
    );
    const { fields } = asking(await oauth.client(), { scope: 'operator' });
    expect(responded(await oauth.allow(operator, fields)).error).toBe('invalid_scope');
  });

  it('shows a checkbox for each scope, and never preselects admin', async () => {
    const admin = await oauth.person('admin');
    const { fields } = asking(await oauth.client(), { scope: 'read admin transcode' });
    const query = new URLSearchParams({ ...fields, ...boxes('admin') });
    const page = await oauth.open('GET', `/oauth/authorize?${query}`, undefined, { cookie: admin.cookie });
    expect(boxesOf(page.text)).toEqual({ grant_transcode: true, grant_read: true, grant_admin: false });
    const viewer = await oauth.person('viewer');
    const narrow = await oauth.open('GET', `/oauth/authorize?${query}`, undefined, { cookie: viewer.cookie });
    expect(boxesOf(narrow.text)).toEqual({ grant_read: true });
  });

  it('grants the scopes that the person has checked, and rejects an empty selection', async () => {
    const admin = await oauth.person('admin');
    const client = await oauth.client();
    const { fields, verifier } = asking(client, { scope: 'read admin transcode upload' });
    const form = { ...fields, csrf: admin.csrf, decision: 'allow' };
    const none = await oauth.post('/oauth/authorize', { ...form, grant_operator: '1' }, { cookie: admin.cookie });
    expect([none.status, none.headers.get('location')]).toEqual([400, null]);
    expect(none.text).toContain('Select at least one permission');
    expect(Object.values(boxesOf(none.text))).toEqual([false, false, false, false]);
    const some = await oauth.post('/oauth/authorize', { ...form, ...boxes('admin read') }, { cookie: admin.cookie });
    const { code } = responded(some);
    const { json } = await oauth.exchange({ client_id: client, code: code!, code_verifier: verifier });
    expect(json.scope).toBe('read admin');
    expect([await oauth.statusOf(json.access_token), await oauth.statusOf(json.access_token, '/v1/keys')]).toEqual([
      ...[200, 200],
    ]);
    const { fields: modest } = asking(client, { scope: 'read' });
    const rejected = await oauth.post(
      '/oauth/authorize',
      { ...modest, csrf: admin.csrf, decision: 'allow', ...boxes('admin') },
      { cookie: admin.cookie },
    );
    expect(rejected.status).toBe(400);
  });

  it('revokes the keys and disables the webhooks that a token created when the token is revoked', async () => {
    const admin = await oauth.person('admin');
    const token = await granted(admin, { scope: 'read admin' });
    const as = (key: string) => ({ authorization: `Bearer ${key}` });
    const make = async (key: string, path: string, body: object, method = 'POST') =>
      (await api.call(method, path, body, as(key))).json;
    const hook = { url: 'https://receiver.example/hook' };
    const kept = await make(api.key, '/v1/webhooks', hook);
    const [changed, rotated, adopted] = [
      await make(api.key, '/v1/webhooks', hook),
      await make(api.key, '/v1/webhooks', hook),
      await make(token.access_token, '/v1/webhooks', hook),
    ];
    const key = await make(token.access_token, '/v1/keys', { name: 'child' });
    const grandchild = await make(key.key, '/v1/keys', { name: 'grandchild' });
    const made = await make(grandchild.key, '/v1/webhooks', hook);
    await make(token.access_token, `/v1/webhooks/${changed.id}`, hook, 'PATCH');
    await make(token.access_token, `/v1/webhooks/${rotated.id}/rotate`, {});
    await make(api.key, `/v1/webhooks/${adopted.id}`, { enabled: true }, 'PATCH');
    // Signing in to the same client again does not revoke keys and webhooks: the new token owns the keys and webhooks of the old token.
    const { fields, verifier } = asking(token.client, { scope: 'read admin' });
    const { code } = responded(await oauth.allow(admin, fields));
    await oauth.exchange({ client_id: token.client, code: code!, code_verifier: verifier });
    expect([await oauth.statusOf(token.access_token), await oauth.statusOf(key.key)]).toEqual([401, 200]);

    const { items } = (await api.call('GET', '/v1/keys')).json;
    const current = items.find((one: { oauth_client: string; revoked_at: string }) => {
      return one.oauth_client === token.client && one.revoked_at === null;
    });
    expect((await api.call('DELETE', `/v1/keys/${current.id}`)).status).toBe(200);
    expect([await oauth.statusOf(key.key), await oauth.statusOf(grandchild.key)]).toEqual([401, 401]);
    expect(await oauth.statusOf(api.key)).toBe(200);
    const state = async ({ id }: { id: string }) => (await api.call('GET', `/v1/webhooks/${id}`)).json.disabled_reason;
    for (const ended of [changed, rotated, made]) expect(await state(ended)).toBe('revoked');
    for (const other of [kept, adopted]) expect(await state(other)).toBeNull();
    const disabled = await until(
      async () => {
        const { events } = (await api.call('GET', '/v1/events?types=webhook.disabled&limit=100')).json;
        return events.length === 3 && events.map(({ data }: { data: object }) => data);
      },
      { what: 'the events of the webhooks' },
    );
    expect(disabled).toContainEqual({ webhook_id: made.id, reason: 'revoked' });
  });

  it('lists its tokens among the keys, and revokes them in this list, at /oauth/revoke, and when the person is disabled', async () => {
    const token = await granted();
    const listed = (await api.call('GET', '/v1/keys')).json.items.find(
      (key: { oauth_client: string | null }) => key.oauth_client === token.client,
    );
    expect(listed).toMatchObject({ name: 'A client', scopes: ['transcode', 'upload', 'read'] });
    expect((await api.call('DELETE', `/v1/keys/${listed.id}`)).status).toBe(200);
    expect(await oauth.statusOf(token.access_token)).toBe(401);
    expect((await oauth.refresh(token.client, token.refresh_token)).json.error).toBe('invalid_grant');

    const another = await granted();
    expect((await oauth.post('/oauth/revoke', { token: another.refresh_token })).status).toBe(200);
    expect(await oauth.statusOf(another.access_token)).toBe(401);
    expect((await oauth.post('/oauth/revoke', { token: api.key })).status).toBe(200);
    expect(await oauth.statusOf(api.key)).toBe(200);

    const changing = await oauth.person();
    const { db } = api.database;
    const before = await granted(changing);
    const hash = cheapHash('another password');
    await db.transaction().execute((tx) => setPassword(tx, changing.user.id, hash));
    expect(await oauth.statusOf(before.access_token)).toBe(401);
    const disabled = await oauth.person();
    const last = await granted(disabled);
    await db.transaction().execute((tx) => setDisabled(tx, disabled.user, true, { actor: 'test' }));
    expect(await oauth.statusOf(last.access_token)).toBe(401);
    expect((await oauth.refresh(last.client, last.refresh_token)).status).toBe(400);
  });
});

it('an OAuth client may listen on any port of its machine', async () => {
  const client = await oauth.client({ uris: ['http://127.0.0.1/back'] });
  const { fields } = asking(client, { redirect_uri: 'http://127.0.0.1:50123/back' });
  expect((await oauth.allow(person, fields)).headers.get('location')).toMatch(/^http:\/\/127.0.0.1:50123\/back\?code=/);
  expect(CALLBACK).toMatch(/^https/);
});
