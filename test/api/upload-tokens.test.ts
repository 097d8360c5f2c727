import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_NEW_TOKENS_A_DAY, MAX_TOKEN_UPLOADS_A_DAY } from '../../src/contract/upload-tokens.ts';
import { hashApiKey } from '../../src/crypto/api-key.ts';
import { uuidv7 } from '../../src/crypto/uuid.ts';
import { sweepRows } from '../../src/jobs/sweep-rows.ts';
import { until } from '../../testkit/until.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { acceptInspection, claimInspection } from '../helpers/inspections.ts';
import { oauthOf } from '../helpers/oauth.ts';

const ORIGIN = 'https://app.example.com';
const FILE = { filename: 'clip.mp4', content_type: 'video/mp4', file_size: 64 };
const PRESIGN = '/v1/upload/presigned-url';
const MULTIPART = '/v1/upload/multipart';
const CONFIRM = '/v1/upload/confirm';
const UNKNOWN = `al_upload_${'A'.repeat(30)}0uCPlr`;

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

type Headers = Record<string, string>;

async function makeToken(body: object = {}, headers: Headers = {}): Promise<string> {
  const sent = { max_bytes: 1000, origin: ORIGIN, max_files: 100, ...body };
  const { status, json } = await api.call('POST', '/v1/upload/tokens', sent, headers);
  expect([status, json.message]).toEqual([201, undefined]);
  return json.token;
}

/** Expects headers that let every page read the response, and that allow no cookies. */
function expectReadable(headers: globalThis.Headers): void {
  expect(Object.fromEntries([...headers].filter(([name]) => /^(access|vary)/.test(name)))).toEqual({
    'access-control-allow-origin': '*',
    'access-control-expose-headers': 'retry-after, x-request-id',
    vary: 'Origin',
  });
}

/** Sends a request as a page does that has a token. */
function send(token: string, method: string, path: string, body?: object, headers: Headers = {}) {
  return api.call(method, path, body, { authorization: `Bearer ${token}`, origin: ORIGIN, ...headers });
}
const presign = (token: string, more: object = {}, headers: Headers = {}) =>
  send(token, 'POST', PRESIGN, { ...FILE, ...more }, headers);
const begin = async (token: string) => (await send(token, 'POST', MULTIPART, FILE)).json.result;
const rowOf = async (token: string) =>
  (await api.database.pg.query('SELECT * FROM upload_tokens WHERE token_hash = $1', [hashApiKey(token)])).rows[0];

describe('POST /v1/upload/tokens', () => {
  it('returns the same token to a repeated request with the same Idempotency-Key, and stores only a hash', async () => {
    const headers = { 'idempotency-key': 'page 1' };
    const create = (body: object = { max_bytes: 10 }) => api.call('POST', '/v1/upload/tokens', body, headers);
    const [first, repeated] = [await create(), await create()];
    expect([first.status, repeated.status]).toEqual([201, 201]);
    expect(repeated.json).toEqual(first.json);
    expect((await presign(first.json.token, { file_size: 10 }, { 'idempotency-key': 'a' })).status).toBe(200);
    const { rows } = await api.database.pg.query('SELECT * FROM upload_tokens WHERE id = $1', [first.json.id]);
    expect(rows).toEqual([expect.objectContaining({ files: 1 })]);
    expect((await create({ max_bytes: 11 })).json.code).toBe('idempotency_conflict');
    const others = await Promise.all([makeToken(), makeToken({}, { 'idempotency-key': 'page 2' })]);
    expect(new Set([first.json.token, ...others]).size).toBe(3);
    const dump = JSON.stringify(
      (await api.database.pg.query('SELECT row_to_json(idempotency_keys) FROM idempotency_keys')).rows,
    );
    expect(dump).not.toContain(first.json.token);
  });

  it('returns a token and its expiry, stores only a hash, and records an event and an audit entry without the token', async () => {
    const { status, headers, json } = await api.call('POST', '/v1/upload/tokens', { max_bytes: 10 });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(Object.keys(json)).toEqual(['id', 'token', 'expires_at']);
    const seconds = (Date.parse(json.expires_at) - Date.now()) / 1000;
    expect([Math.round(seconds / 100), json.token.slice(0, 10)]).toEqual([36, 'al_upload_']);
    const row = await rowOf(json.token);
    expect(row).toMatchObject({
      id: json.id,
      max_bytes: 10,
      max_files: 10,
      files: 0,
      origin: null,
      content_types: null,
    });
    const event = await until(
      async () =>
        (await api.call('GET', '/v1/events?types=upload_token.created')).json.events.find(
          ({ data }: { data: { upload_token_id: string } }) => data.upload_token_id === row.id,
        ),
      { what: 'the event of the token' },
    );
    expect(event.data).toEqual({ upload_token_id: row.id });
    const { rows } = await api.database.pg.query('SELECT * FROM audit_log WHERE target = $1', [row.id]);
    expect(rows).toEqual([expect.objectContaining({ action: 'upload_token.created', actor: `key:${row.key_id}` })]);
  });

  it.each([
    ['max_bytes', { max_bytes: 0 }],
    ['max_files', { max_files: 1001 }],
    ['expires_in', { expires_in: 59 }],
    ['expires_in', { expires_in: 86_401 }],
    ['content_types[0]', { content_types: ['text/html'] }],
    ['content_types', { content_types: [] }],
    ...['null', '*', 'app.example.com', 'https://app.example.com/', 'https://app.example.com:443', 'file:///page']
      .concat(['https://App.example.com', 'https://a.example.com, https://b.example.com', 'https://me@app.example.com'])
      .map((origin): [string, object] => ['origin', { origin }]),
  ])('rejects %s in %j', async (field, body) => {
    const { status, json } = await api.call('POST', '/v1/upload/tokens', { max_bytes: 10, ...body });
    expect([status, json.code, json.details.field]).toEqual([400, 'invalid_request', field]);
  });

  it('rejects a request of an account that has created too many tokens in 24 hours', async () => {
    const account = await api.makeAccount();
    const key = { authorization: `Bearer ${await api.makeKey({ account })}` };
    await makeToken({}, key);
    await api.database.pg.query(`UPDATE rate_limits SET points = $2 WHERE key = $1`, [
      ...[`day:upload_tokens:${account.id}`, MAX_NEW_TOKENS_A_DAY],
    ]);
    const { status, json } = await api.call('POST', '/v1/upload/tokens', { max_bytes: 10 }, key);
    expect([status, json.code, json.details.limit]).toEqual([409, 'too_many_upload_tokens', MAX_NEW_TOKENS_A_DAY]);
  });
});

describe('an upload token', () => {
  it('lets a page upload a file with one PUT and confirm it', async () => {
    const token = await makeToken();
    const { status, headers, json } = await presign(token);
    expect([status, headers.get('access-control-allow-origin'), headers.get('vary')]).toEqual([200, ORIGIN, 'Origin']);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
    const put = await fetch(json.result.uploadUrl, {
      ...{ method: 'PUT', body: randomBytes(64), headers: { 'content-type': 'video/mp4', origin: ORIGIN } },
    });
    expect([put.status, put.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    const confirmed = send(token, 'POST', CONFIRM, { filename: json.result.filename, file_size: 64 });
    const claim = await until(() => claimInspection(api.context), { what: 'the inspection' });
    await acceptInspection(api.context, claim, {
      contentType: 'video/mp4',
      inspection: { summary: SUMMARY, info: null },
    });
    expect((await confirmed).json.result.fileUrl).toMatch(/^gs:/);
    const { id, files } = await rowOf(token);
    expect(files).toBe(1);
    const upload = (await api.call('GET', `/v1/uploads/${json.result.filename}`)).json.result;
    expect(upload.uploadTokenId).toBe(id);
  });

  it('lets a page begin an upload in parts, request URLs, list the parts, and abort it', async () => {
    const token = await makeToken();
    const { uploadId } = await begin(token);
    const path = `${MULTIPART}/${uploadId}`;
    expect((await send(token, 'POST', `${path}/parts`, { part_numbers: [1] })).json.result.parts).toHaveLength(1);
    expect((await send(token, 'GET', path)).json.result.status).toBe('pending');
    expect((await send(token, 'DELETE', path)).status).toBe(200);
    expect((await send(token, 'GET', path)).status).toBe(404);
  });

  it('allows exactly max_files uploads, even if they begin at the same time, are aborted or are rejected', async () => {
    const token = await makeToken({ max_files: 1 });
    const requests = Array.from({ length: 50 }, (_, index) =>
      index % 2 ? presign(token, { filename: `${index}.mp4` }) : send(token, 'POST', MULTIPART, FILE),
    );
    const answers = await Promise.all(requests);
    const accepted = answers.filter(({ status }) => status === 200);
    expect(accepted).toHaveLength(1);
    // The other requests were rejected because there were too many concurrent requests.
    const rejected = answers.filter(({ status }) => status === 403);
    expect(rejected.length).toBeGreaterThan(0);
    for (const { json } of rejected)
      expect(json).toMatchObject({ code: 'upload_token_exceeded', details: { limit: 1 } });
    const { rows } = await api.database.pg.query('SELECT id, part_size FROM uploads WHERE token_id = $1', [
      (await rowOf(token)).id,
    ]);
    expect(rows).toHaveLength(1);
    if (rows[0].part_size !== null) await send(token, 'DELETE', `${MULTIPART}/${rows[0].id}`);
    expect((await presign(token)).status).toBe(403);
  });

  it('rejects a larger file and another type in every way to upload', async () => {
    const token = await makeToken({ content_types: ['video/mp4', 'image/png'] });
    for (const path of [PRESIGN, MULTIPART]) {
      const large = await send(token, 'POST', path, { ...FILE, file_size: 1001 });
      expect([large.status, large.json.code, large.json.details]).toEqual([
        ...[403, 'upload_token_exceeded', expect.objectContaining({ field: 'file_size', limit: 1000 })],
      ]);
      const other = { ...FILE, filename: 'clip.webm', content_type: 'video/webm' };
      for (const body of [other, { ...other, content_type: '' }]) {
        const { status, json } = await send(token, 'POST', path, body);
        expect([status, json.details]).toEqual([403, expect.objectContaining({ field: 'content_type' })]);
      }
    }
    expect((await presign(token, { content_type: '' })).status).toBe(200);
    expect(await rowOf(token)).toMatchObject({ files: 1 });
  });

  it('is rejected from another origin, and a page of that origin can read the same error as for an unknown token', async () => {
    const token = await makeToken();
    const unknown = await presign(UNKNOWN);
    for (const origin of [
      'https://evil.example',
      'http://app.example.com',
      `${ORIGIN}:8443`,
      `${ORIGIN}.evil.example`,
    ]) {
      const { status, json, headers } = await presign(token, {}, { origin });
      expect([origin, status, json]).toEqual([origin, 401, unknown.json]);
      expectReadable(headers);
    }
    expect(unknown.json.details.reason).toBe('the upload token does not exist, or was created for another origin');
    const { authorization } = { authorization: `Bearer ${token}` };
    const program = await api.call('POST', PRESIGN, FILE, { authorization });
    expect([program.status, program.headers.get('access-control-allow-origin')]).toEqual([401, null]);
    expect((await presign(token)).status).toBe(200);
  });

  it('is not required for a page to read why its request is malformed', async () => {
    const token = await makeToken();
    const malformed = await api.call('POST', PRESIGN, '{"filename":', {
      ...{ authorization: `Bearer ${token}`, origin: ORIGIN, 'content-type': 'application/json' },
    });
    expect([malformed.status, malformed.headers.get('access-control-allow-origin')]).toEqual([400, ORIGIN]);
    const withKey = await api.call('POST', PRESIGN, { filename: 'a.exe' }, { origin: ORIGIN });
    expect(withKey.status).toBe(400);
    expectReadable(withKey.headers);
  });

  it('an upload token without an origin is accepted from every page that has an origin, and from programs', async () => {
    const token = await makeToken({ origin: null });
    const page = await presign(token, {}, { origin: 'http://localhost:3000' });
    expect([page.status, page.headers.get('access-control-allow-origin')]).toEqual([200, 'http://localhost:3000']);
    expect((await api.call('POST', PRESIGN, FILE, { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await presign(token, {}, { origin: 'null' })).status).toBe(401);
  });

  it('stops working at its expiry, with its key and with its account, and a page can read the reason', async () => {
    const account = await api.makeAccount();
    const key = await api.makeKey({ account });
    const made = () => makeToken({}, { authorization: `Bearer ${key}` });
    const [late, orphan] = [await made(), await made()];
    expect((await presign(late)).status).toBe(200);
    const { pg } = api.database;
    await pg.query(`UPDATE upload_tokens SET expires_at = now() - interval '1 s' WHERE token_hash = $1`, [
      hashApiKey(late),
    ]);
    const expired = await presign(late);
    expect([expired.status, expired.headers.get('access-control-allow-origin')]).toEqual([401, ORIGIN]);
    expect(expired.json.details.reason).toBe('the upload token has expired or was revoked');
    const { rows } = await pg.query('SELECT id FROM api_keys WHERE key_hash = $1', [hashApiKey(key)]);
    const admin = { authorization: `Bearer ${await api.makeKey({ account, scopes: ['admin'] })}` };
    const { uploadId } = await begin(orphan);
    expect((await api.call('DELETE', `/v1/keys/${rows[0].id}`, undefined, admin)).status).toBe(200);
    expect((await presign(orphan)).status).toBe(401);
    expect((await send(orphan, 'GET', `${MULTIPART}/${uploadId}`)).status).toBe(401);
    const closed = await makeToken({}, { authorization: `Bearer ${await api.makeKey({ account })}` });
    await pg.query('UPDATE accounts SET disabled_at = now() WHERE id = $1', [account.id]);
    expect((await presign(closed)).json.code).toBe('account_disabled');
  });

  it('an upload token of a person stops working when the person is disabled or may no longer upload', async () => {
    const { cookie, csrf, user } = await oauthOf(api).person('member');
    const token = await makeToken({}, { authorization: '', cookie, 'x-airlock-csrf': csrf });
    expect((await presign(token)).status).toBe(200);
    await api.database.pg.query(`UPDATE users SET role = 'viewer' WHERE id = $1`, [user.id]);
    expect((await presign(token)).status).toBe(401);
    await api.database.pg.query(`UPDATE users SET role = 'member', disabled_at = now() WHERE id = $1`, [user.id]);
    expect((await presign(token)).status).toBe(401);
  });

  it('is rejected by every other route of the OpenAPI document', async () => {
    const token = await makeToken();
    const { paths } = (await api.call('GET', '/openapi.json')).json;
    const allowed: string[] = [];
    for (const [path, item] of Object.entries<Record<string, Record<string, unknown[]>>>(paths)) {
      for (const [method, operation] of Object.entries(item)) {
        if (operation['x-scopes']!.length === 0) continue;
        const { status } = await send(
          token,
          method.toUpperCase(),
          path.replaceAll(/\{\w+\}/g, () => uuidv7()),
        );
        if (status !== 403) allowed.push(`${method} ${path} ${status}`);
      }
    }
    expect(allowed.sort()).toEqual(
      [
        ...[`delete ${MULTIPART}/{uploadId} 404`, `get ${MULTIPART}/{uploadId} 404`, `post ${CONFIRM} 400`],
        ...[`post ${MULTIPART} 400`, `post ${MULTIPART}/{uploadId}/parts 400`, `post ${PRESIGN} 400`],
      ].sort(),
    );
    expect((await send(token, 'POST', '/mcp', { jsonrpc: '2.0', id: 1, method: 'tools/list' })).status).toBe(403);
    expect((await api.call('POST', `${PRESIGN}?token=${token}`, FILE, { authorization: '' })).status).toBe(401);
  });

  it('lists and changes only its own uploads, and cannot delete a confirmed upload', async () => {
    const [token, other] = [await makeToken(), await makeToken()];
    const mine = await begin(token);
    const ofAccount = (await api.call('POST', MULTIPART, FILE)).json.result;
    for (const { uploadId, filename } of [mine, ofAccount]) {
      const path = `${MULTIPART}/${uploadId}`;
      const answers = [
        await send(other, 'GET', path),
        await send(other, 'DELETE', path),
        await send(other, 'POST', `${path}/parts`, { part_numbers: [1] }),
        await send(other, 'POST', CONFIRM, { filename, file_size: 64, upload_id: uploadId }),
      ];
      expect(answers.map(({ status, json }) => [status, json.code])).toEqual([
        ...[
          [404, 'not_found'],
          [404, 'not_found'],
          [404, 'not_found'],
          [400, 'upload_not_found'],
        ],
      ]);
    }
    await api.database.pg.query(`UPDATE uploads SET state = 'confirmed' WHERE id = $1`, [mine.uploadId]);
    const kept = await send(token, 'DELETE', `${MULTIPART}/${mine.uploadId}`);
    expect([kept.status, kept.json.code]).toEqual([409, 'upload_confirmed']);
  });

  it('does not get the response to a request of another client with the same Idempotency-Key', async () => {
    const [token, other] = [await makeToken(), await makeToken()];
    const headers = { 'idempotency-key': 'same' };
    const names = new Set<string>();
    for (const send of [
      () => api.call('POST', PRESIGN, FILE, headers),
      () => presign(token, {}, headers),
      () => presign(other, {}, headers),
    ]) {
      const [first, again] = [await send(), await send()];
      expect(again.json).toEqual(first.json);
      names.add(first.json.result.filename);
    }
    expect(names.size).toBe(3);
    expect(await rowOf(token)).toMatchObject({ files: 1 });
  });

  it('leaves a fifth of the account’s limits to keys, and does not reveal how much the account stores', async () => {
    const account = await api.makeAccount({ max_open_uploads: 5, max_stored_bytes: 1000 });
    const key = { authorization: `Bearer ${await api.makeKey({ account })}` };
    const token = await makeToken({}, key);
    for (let count = 0; count < 4; count++) expect((await presign(token)).status).toBe(200);
    const full = await presign(token);
    expect([full.status, full.json.code]).toEqual([429, 'too_many_open_uploads']);
    expect(full.json.details).toEqual({ reason: expect.any(String), remedy: 'Retry later' });
    expect((await api.call('POST', PRESIGN, FILE, key)).status).toBe(200);
    await api.database.pg.query('UPDATE accounts SET max_open_uploads = 50 WHERE id = $1', [account.id]);
    const large = await presign(token, { file_size: 600 });
    expect([large.status, large.json.code, Object.keys(large.json.details)]).toEqual([
      507,
      'storage_quota',
      ['reason', 'remedy'],
    ]);
    expect((await api.call('POST', PRESIGN, { ...FILE, file_size: 600 }, key)).status).toBe(200);
    expect(await rowOf(token)).toMatchObject({ files: 4 });
  });

  it('shares daily limits with the other tokens of its account, and a limit per minute with its address', async () => {
    const account = await api.makeAccount();
    const key = { authorization: `Bearer ${await api.makeKey({ account })}` };
    const token = await makeToken({}, key);
    expect((await presign(token)).status).toBe(200);
    const day = `day:token_uploads:${account.id}`;
    await api.database.pg.query('UPDATE rate_limits SET points = $2 WHERE key = $1', [day, MAX_TOKEN_UPLOADS_A_DAY]);
    const late = await presign(token);
    expect([late.json.code, late.headers.get('retry-after')]).toEqual(['rate_limit_exceeded', '3600']);
    await api.database.pg.query('UPDATE rate_limits SET points = 1 WHERE key = $1', [day]);
    const statuses = [];
    for (let count = 0; count < 32; count++) statuses.push((await presign(await makeToken({}, key))).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([200, 429]);
  });

  it('is deleted a day after it expires', async () => {
    const [kept, old] = [await makeToken(), await makeToken()];
    const end = (token: string, ago: string) =>
      api.database.pg.query('UPDATE upload_tokens SET expires_at = now() - $2::interval WHERE token_hash = $1', [
        ...[hashApiKey(token), ago],
      ]);
    await end(kept, '23 hours');
    await end(old, '25 hours');
    await sweepRows(api.context);
    expect([await rowOf(kept), await rowOf(old)]).toEqual([expect.anything(), undefined]);
  });
});

describe('a page without a valid upload token', () => {
  let other: TestApi;
  beforeAll(async () => {
    other = await startApi();
  });
  afterAll(() => other?.close());

  const NONE = 'the request has no complete upload token and no valid key';
  it.each([
    ['no token', {}, NONE],
    ['a truncated token', { authorization: 'Bearer al_upload_AAAA' }, NONE],
    ['an unknown key', { authorization: `Bearer al_live_${'A'.repeat(30)}0uCPlr` }, NONE],
    ['a scheme without a token', { authorization: 'Bearer' }, NONE],
    [
      'no origin',
      { origin: 'null', authorization: `Bearer ${UNKNOWN}` },
      'the page has no origin, like a local file or a sandboxed frame',
    ],
  ])('can read why its request is rejected: %s', async (_, sent, reason) => {
    for (const [method, path] of [
      ['POST', PRESIGN],
      ['GET', `${MULTIPART}/${uuidv7()}`],
    ] as const) {
      const headers = { authorization: '', origin: ORIGIN, ...sent };
      const response = await other.call(method, path, method === 'POST' ? FILE : undefined, headers);
      expect([path, response.status, response.json.details.reason]).toEqual([path, 401, reason]);
      expectReadable(response.headers);
    }
  });
});

describe('a preflight request', () => {
  const ask = (path: string, headers: Headers) =>
    api.call('OPTIONS', path, undefined, { authorization: '', 'access-control-request-method': 'POST', ...headers });

  it('a preflight request from any origin gets the same response on upload routes, and this response allows no credentials', async () => {
    for (const path of [PRESIGN, MULTIPART, CONFIRM, `${MULTIPART}/${uuidv7()}/parts`]) {
      const { status, headers } = await ask(path, {
        ...{ origin: ORIGIN, 'access-control-request-headers': 'authorization,content-type' },
      });
      expect([path, status]).toEqual([path, 204]);
      expect(Object.fromEntries([...headers].filter(([name]) => /^(access|vary)/.test(name)))).toEqual({
        'access-control-allow-origin': '*',
        'access-control-allow-methods': 'POST',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key, range',
        'access-control-max-age': '600',
      });
    }
    const { headers } = await ask(`${MULTIPART}/${uuidv7()}`, { origin: 'null' });
    expect(headers.get('access-control-allow-origin')).toBe('*');
    expect(headers.get('access-control-allow-methods')!.split(', ')).toEqual(expect.arrayContaining(['GET', 'DELETE']));
  });

  it('allows a player on another site to send Range to a playback URL', async () => {
    const { status, headers } = await ask('/playback/token/master.m3u8', {
      ...{ origin: ORIGIN, 'access-control-request-method': 'GET', 'access-control-request-headers': 'range' },
    });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(headers.get('access-control-allow-methods')).toContain('GET');
    expect(headers.get('access-control-allow-headers')).toContain('range');
  });

  it("is rejected with 405 and no CORS headers on routes that don't belong to the upload flow", async () => {
    for (const path of ['/v1/upload/tokens', '/v1/uploads', '/v1/transcodes']) {
      const { status, headers } = await ask(path, { origin: ORIGIN });
      expect([path, status, headers.get('access-control-allow-origin')]).toEqual([path, 405, null]);
    }
  });

  it('a request that a page sends with a key gets no CORS headers, so the page cannot read the response', async () => {
    const { status, headers } = await api.call('POST', PRESIGN, FILE, { origin: ORIGIN });
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, null]);
  });
});

const SUMMARY = {
  ...{ duration_seconds: 1, format: 'mp4', size_bytes: 64, video_codec: 'h264', audio_codec: null },
  ...{ width: 320, height: 180, fps: 25 },
};
