import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRedirectUri, isRegistered } from '../../src/identity/redirect-uri.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { asking, CALLBACK, oauthOf, type Person, responded } from '../helpers/oauth.ts';

let api: TestApi;
let oauth: ReturnType<typeof oauthOf>;
let person: Person;
let client: string;
beforeAll(async () => {
  api = await startApi();
  oauth = oauthOf(api);
  [person, client] = await Promise.all([oauth.person(), oauth.client()]);
});
afterAll(() => api?.close());

const page = (fields: Record<string, string>, headers = {}) =>
  oauth.open('GET', `/oauth/authorize?${new URLSearchParams(fields)}`, undefined, headers);
async function coded(more: Record<string, string> = {}) {
  const { verifier, fields } = asking(client, more);
  return { code: responded(await oauth.allow(person, fields)).code!, verifier };
}

describe('redirect URIs', () => {
  const BAD = [
    ...['http://client.example/', 'javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'app://callback'],
    ...[
      'https://client.example/#x',
      'https://user@client.example/',
      'https://a:b@client.example/',
      'https://*.example/',
    ],
    ...[
      'https:client.example/',
      '//client.example/',
      'https://client.example\\@evil.example/',
      ' https://client.example/',
    ],
    ...['https://client.example/a/../b', 'HTTPS://CLIENT.EXAMPLE/', 'http://127.0.0.1.evil.example/', 'http://127.1/x'],
    ...[
      'http://localhost.evil.example/',
      'https://client.example/\n',
      'http://0.0.0.0/x',
      `https://a.example/${'x'.repeat(2000)}`,
    ],
  ];

  it('redirect URIs that can be parsed in two ways are not registered', async () => {
    expect(BAD.filter(isRedirectUri)).toEqual([]);
    const made = await oauth.open('POST', '/oauth/register', { redirect_uris: [CALLBACK, BAD[0]] });
    expect([made.status, made.json.error]).toEqual([400, 'invalid_redirect_uri']);
  });

  it('must equal the registered URI, except for the port on loopback', async () => {
    const near = ['', '/', '?x=1', '/../evil', '%2f', '#x'].map((end) => `${CALLBACK}${end}`).slice(1);
    const others = ['https://client.example.evil.example/callback', 'https://client.example:8443/callback'];
    expect([...near, ...others, ...BAD].filter((uri) => isRegistered(uri, [CALLBACK]))).toEqual([]);
    const local = [
      'http://127.0.0.1:1/back',
      'http://localhost/back',
      'http://127.0.0.1/other',
      'https://127.0.0.1/back',
    ];
    expect(local.filter((uri) => isRegistered(uri, ['http://127.0.0.1/back']))).toEqual(['http://127.0.0.1:1/back']);
  });

  it('redirect URIs of an unknown client, and URIs that are not registered, never receive a redirect', async () => {
    const { fields } = asking(client);
    const wrongs: Record<string, string>[] = [
      { redirect_uri: 'https://evil.example/' },
      { redirect_uri: '' },
      { client_id: '00000000-0000-7000-8000-000000000000' },
      { client_id: "' OR 1=1 --" },
      { redirect_uri: 'https://evil.example/', response_type: 'token' },
    ];
    for (const wrong of wrongs) {
      for (const response of [
        await page({ ...fields, ...wrong }),
        await oauth.allow(person, { ...fields, ...wrong }),
      ]) {
        expect([wrong, response.status, response.headers.get('location')]).toEqual([wrong, 400, null]);
        expect(response.text).not.toContain('evil.example');
      }
    }
    const twice = await oauth.open(
      'GET',
      `/oauth/authorize?${new URLSearchParams(fields)}&redirect_uri=https://evil.example/`,
    );
    expect([twice.status, twice.headers.get('location')]).toEqual([400, null]);
  });
});

describe('PKCE', () => {
  it('cannot be omitted or weakened', async () => {
    const { fields } = asking(client);
    const { code_challenge: _, ...without } = fields;
    const { code_challenge_method: __, ...plainByDefault } = fields;
    for (const weak of [
      without,
      plainByDefault,
      { ...fields, code_challenge_method: 'plain' },
      { ...fields, code_challenge: 'x' },
    ]) {
      expect(responded(await page(weak))).toMatchObject({ error: 'invalid_request', state: 'a state' });
      expect(responded(await oauth.allow(person, weak)).code).toBeUndefined();
    }
  });

  it('cannot be omitted when the code is exchanged', async () => {
    const weak: Record<string, string>[] = [{}, { code_verifier: '' }, { code_challenge_method: 'plain' }];
    for (const rest of weak) {
      const { code } = await coded();
      const tried = await oauth.exchange({ client_id: client, code, ...rest });
      expect([rest, tried.status, tried.json.access_token]).toEqual([rest, 400, undefined]);
    }
  });

  it('requires the verifier, and a wrong attempt invalidates the code', async () => {
    const { code, verifier } = await coded();
    for (const code_verifier of ['x'.repeat(43), verifier]) {
      const tried = await oauth.exchange({ client_id: client, code, code_verifier });
      expect([tried.status, tried.json.error]).toEqual([400, 'invalid_grant']);
    }
  });
});

describe('codes and tokens', () => {
  it('tokens of a code that is used twice are revoked', async () => {
    const { code, verifier } = await coded();
    const first = await oauth.exchange({ client_id: client, code, code_verifier: verifier });
    expect(await oauth.statusOf(first.json.access_token)).toBe(200);
    expect((await oauth.exchange({ client_id: client, code, code_verifier: verifier })).status).toBe(400);
    expect(await oauth.statusOf(first.json.access_token)).toBe(401);
    expect((await oauth.refresh(client, first.json.refresh_token)).status).toBe(400);
  });

  it('tokens are issued once when a code is used twice at the same time', async () => {
    const { code, verifier } = await coded();
    const both = [1, 2].map(() => oauth.exchange({ client_id: client, code, code_verifier: verifier }));
    expect((await Promise.all(both)).map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it('are valid for one client and one redirect URI', async () => {
    const other = await oauth.client();
    const { code, verifier } = await coded();
    expect((await oauth.exchange({ client_id: other, code, code_verifier: verifier })).status).toBe(400);
    const tokens = (await oauth.exchange({ client_id: client, code, code_verifier: verifier })).json;
    expect((await oauth.refresh(other, tokens.refresh_token)).status).toBe(400);
    await oauth.post('/oauth/revoke', { token: tokens.access_token, client_id: other });
    expect(await oauth.statusOf(tokens.access_token)).toBe(200);
    const elsewhere = await coded();
    const sent = { client_id: client, code: elsewhere.code, code_verifier: elsewhere.verifier };
    expect((await oauth.exchange({ ...sent, redirect_uri: `${CALLBACK}/` })).status).toBe(400);
  });

  it('are revoked when an old refresh token is used', async () => {
    const { code, verifier } = await coded();
    const first = (await oauth.exchange({ client_id: client, code, code_verifier: verifier })).json;
    const second = (await oauth.refresh(client, first.refresh_token)).json;
    expect((await oauth.refresh(client, first.refresh_token)).status).toBe(400);
    expect(await oauth.statusOf(second.access_token)).toBe(401);
    expect((await oauth.refresh(client, second.refresh_token)).status).toBe(400);
  });

  it('expire, and are stored as hashes', async () => {
    const { code, verifier } = await coded();
    const { pg } = api.database;
    const { rows } = await pg.query(
      "UPDATE oauth_codes SET expires_at = now() - interval '1 s' WHERE used_at IS NULL RETURNING *",
    );
    expect(JSON.stringify(rows)).not.toContain(code);
    expect((await oauth.exchange({ client_id: client, code, code_verifier: verifier })).status).toBe(400);
  });

  it('give no access to another account, and are valid only for this server', async () => {
    const stranger = await oauth.person('member', (await api.makeAccount()).id);
    const { verifier, fields } = asking(client);
    const code = responded(await oauth.allow(stranger, fields)).code!;
    const { access_token } = (await oauth.exchange({ client_id: client, code, code_verifier: verifier })).json;
    const created = await api.call('POST', '/v1/transcodes', {
      inputs: [{ url: 'https://example.org/a.mp4' }],
      outputFormat: 'mp4',
    });
    expect(await oauth.statusOf(access_token, `/v1/transcodes/${created.json.id}`)).toBe(404);
    const elsewhere = asking(client, { resource: 'https://evil.example/mcp' }).fields;
    expect(responded(await page(elsewhere)).error).toBe('invalid_target');
  });
});

describe('the consent page', () => {
  it('cannot be framed, runs no script, and escapes the name of a client', async () => {
    const name = `<img src=x onerror=alert(1)>"'&\u202e`;
    const hostile = await oauth.client({ name });
    const { fields } = asking(hostile, { state: '"><script>alert(1)</script>' });
    const { text, headers } = await page(fields, { cookie: person.cookie });
    expect(text).not.toMatch(/<img|<script|\u202e/);
    expect(text).toContain('&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;');
    const policy = headers.get('content-security-policy');
    for (const part of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"])
      expect(policy).toContain(part);
    expect(policy).toContain("form-action 'self' https://client.example");
    expect(policy).not.toContain('unsafe');
    expect([headers.get('x-frame-options'), headers.get('cache-control')]).toEqual(['DENY', 'no-store']);
  });

  it('accepts the form only from its own page, with the CSRF token of the session', async () => {
    const { fields } = asking(client);
    for (const [form, headers] of [
      [{ csrf: '' }, {}],
      [{ csrf: 'x'.repeat(43) }, {}],
      [{ csrf: (await oauth.person()).csrf }, {}],
      [{}, { origin: 'https://evil.example' }],
      [{}, { origin: 'null' }],
      [{}, { 'sec-fetch-site': 'cross-site' }],
    ] as const) {
      const response = await oauth.allow(person, { ...fields, ...form }, headers);
      expect([form, headers, response.status, response.headers.get('location')]).toEqual([form, headers, 403, null]);
    }
  });
});

it('registrations are limited for each address', async () => {
  const responses = [];
  for (let one = 0; one < 40; one++)
    responses.push((await oauth.open('POST', '/oauth/register', { redirect_uris: [CALLBACK] })).status);
  expect(responses.at(-1)).toBe(429);
});
