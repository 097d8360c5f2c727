import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../helpers/api.ts';

const CREATE = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' };
const ID = '00000000-0000-7000-8000-000000000000';

let api: TestApi;
let jobId: string;
beforeAll(async () => {
  api = await startApi();
  jobId = (await create()).json.id;
});
afterAll(() => api?.close());

const create = (body: object = {}) => api.call('POST', '/v1/transcodes', { ...CREATE, ...body });
const get = (path: string, headers = {}) => api.call('GET', path, undefined, headers);

describe('requests without a body', () => {
  const TYPES = [
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/json',
    'multipart/form-data',
    'garbage',
    '',
  ];

  it.each(TYPES)('are accepted with the content type %j', async (type) => {
    const send = async (method: string, path: string, headers = {}) =>
      await api.app.inject({
        method: method as 'POST',
        url: path,
        headers: { ...auth(), 'content-type': type, ...headers },
      });
    const { id } = (await create()).json;
    expect((await send('PATCH', `/v1/transcodes/${id}/cancel`, { 'content-length': '0' })).statusCode).toBe(200);
    expect((await send('DELETE', `/v1/transcodes/${id}`)).statusCode).toBe(200);
    const key = (await api.call('POST', '/v1/keys', { name: 'old' })).json;
    expect((await send('POST', `/v1/keys/${key.id}/rotate`)).statusCode).toBe(201);
    expect((await send('POST', '/v1/transcodes')).json()).toMatchObject({ code: 'invalid_request' });
  });

  it('are accepted as empty chunked bodies, and rejected if the body is not empty', async () => {
    const url = await api.listen();
    const send = (body: string) =>
      fetch(`${url}/v1/transcodes/${ID}/cancel`, {
        method: 'PATCH',
        headers: { ...auth(), 'content-type': 'application/x-www-form-urlencoded' },
        body: new Blob([body]).stream(),
        duplex: 'half',
      } as RequestInit);
    expect((await send('')).status).toBe(404);
    expect((await send('a=1')).status).toBe(415);
  });

  const auth = () => ({ authorization: `Bearer ${api.key}` });
});

describe('paths', () => {
  it('reject methods that they do not have with 405 and a list of the allowed methods', async () => {
    const cases: [string, string, string][] = [
      ['PUT', '/v1/transcodes', 'GET, HEAD, POST'],
      ['DELETE', '/v1/transcodes', 'GET, HEAD, POST'],
      ['POST', `/v1/transcodes/${ID}`, 'DELETE, GET, HEAD'],
      ['GET', `/v1/transcodes/${ID}/cancel`, 'PATCH'],
      ['GET', '/v1/upload/presigned-url', 'POST'],
      ['OPTIONS', '/v1/upload/confirm/', 'POST'],
      ['POST', '/health-check', 'GET, HEAD'],
      ['PATCH', '/v1/keys?x=1', 'GET, HEAD, POST'],
    ];
    for (const [method, path, allow] of cases) {
      const response = await api.call(method, path);
      expect([method, path, response.status, response.headers.get('allow')]).toEqual([method, path, 405, allow]);
      expect(response.json).toMatchObject({ error: 'Method not allowed', code: 'method_not_allowed' });
      expect(response.json.message).toContain(allow);
    }
    expect((await api.call('PUT', '/v1/nothing')).status).toBe(404);
  });

  it('are equivalent with and without a trailing slash', async () => {
    for (const path of [
      '/v1/transcodes',
      `/v1/transcodes/${jobId}`,
      '/v1/keys',
      '/health-check',
      '/docs',
      '/v1/security',
    ]) {
      expect([path, (await get(`${path}/`)).status]).toEqual([path, (await get(path)).status]);
    }
    expect((await api.call('POST', '/v1/transcodes/', CREATE)).status).toBe(201);
  });

  it('respond to HEAD as to GET, without the body', async () => {
    for (const path of [
      '/v1/transcodes',
      `/v1/transcodes/${jobId}`,
      '/v1/keys',
      '/health-check',
      '/openapi.json',
      '/docs',
    ]) {
      const [head, complete] = [await api.call('HEAD', path), await get(path)];
      expect([path, head.status, head.text]).toEqual([path, complete.status, '']);
      expect(head.headers.get('content-type')).toBe(complete.headers.get('content-type'));
    }
    expect((await api.call('HEAD', '/v1/transcodes', undefined, { authorization: '' })).status).toBe(401);
  });

  it('paths of every operation reject other methods with 405 and respond to HEAD as to GET', async () => {
    const document = (await get('/openapi.json')).json as { paths: Record<string, Record<string, unknown>> };
    const paths = Object.entries(document.paths).map(([pattern, item]) => ({
      pattern,
      path: pattern.replace('{id}', jobId).replace(/\{\w+\}/g, 'none'),
      methods: Object.keys(item).map((method) => method.toUpperCase()),
    }));
    expect(paths.map(({ pattern }) => pattern)).toEqual(
      expect.arrayContaining(['/v1/jobs', '/v1/batches', '/v1/transcodes/{id}/files', '/v1/transcodes/{id}/download']),
    );
    for (const { pattern, path, methods } of paths) {
      // A literal path such as /v1/webhooks/secret also matches the pattern of another path, whose methods it then has too.
      const siblings = paths.filter((one) => matcher(one.pattern).test(path)).flatMap((one) => one.methods);
      const known = new Set([...siblings, ...(siblings.includes('GET') ? ['HEAD'] : [])]);
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        if (known.has(method)) continue;
        const response = await api.call(method, path);
        const allow = [...known].sort().join(', ');
        expect([method, pattern, response.status, response.headers.get('allow')]).toEqual([
          method,
          pattern,
          405,
          allow,
        ]);
      }
      if (!methods.includes('GET')) continue;
      const [head, full] = [await api.call('HEAD', path), await get(path)];
      const type = full.headers.get('content-type');
      expect([pattern, head.status, head.headers.get('content-type'), head.text]).toEqual([
        ...[pattern, full.status, type, ''],
      ]);
    }
  });

  /** Returns a regular expression for the paths that a pattern of the OpenAPI document describes. */
  const matcher = (pattern: string) => new RegExp(`^${pattern.replace(/\{\w+\}/g, '[^/]+')}$`);

  it('list their own methods in the header Allow', async () => {
    expect((await api.call('PATCH', '/v1/webhooks')).headers.get('allow')).toBe('GET, HEAD, POST');
  });
});

describe('query parameters', () => {
  it('query parameters that are empty count as absent', async () => {
    const response = await get('/v1/transcodes?status=&page=&limit=&since=&until=');
    expect([response.status, response.json.page, response.json.limit]).toEqual([200, 1, 20]);
    expect((await get('/v1/transcodes?status=&status=pending')).json.items.length).toBeGreaterThan(0);
    expect((await get(`/v1/transcodes/${jobId}?wait=`)).status).toBe(200);
    expect((await get('/v1/transcodes?stauts=')).json.warnings).toBeUndefined();
  });

  it('query parameters that occur twice are rejected by name', async () => {
    const response = await get('/v1/transcodes?limit=1&limit=2');
    expect([response.status, response.json.details]).toEqual([
      400,
      { field: 'limit', reason: 'is sent more than once', remedy: 'Send it once' },
    ]);
  });

  it('query parameters that are times without a zone are in UTC, and a date means the start of its day', async () => {
    const at = '2026-03-04T10:00:00.500Z';
    await api.database.pg.query('UPDATE jobs SET created_at = $1, updated_at = $1 WHERE id = $2', [at, jobId]);
    const has = async (query: string) => {
      const { status, json } = await get(`/v1/transcodes?limit=100&${query}`);
      expect([query, status, json.total]).toEqual([query, 200, json.items.length]);
      return json.items.some((item: { id: string }) => item.id === jobId);
    };
    const cases: [string, boolean][] = [
      ['until=2026-03-04T10:00:00.500', true],
      ['until=2026-03-04T10:00:00.499', false],
      ['until=2026-03-04T10:01', true],
      ['until=2026-03-04T11:00:00.499%2B01:00', false],
      ['until=2026-03-04T11:00:00.500%2B01:00', true],
      ['until=2026-03-04T11:00:00.499+01:00', false],
      ['until=2026-03-04 10:00:01', true],
      ['until=2026-03-04', false],
      ['until=2026-03-05', true],
      ['since=2026-03-04&until=2026-03-05', true],
      ['since=2026-03-04T10:00:00.501&until=2026-03-05', false],
    ];
    for (const [query, expected] of cases) expect([query, await has(query)]).toEqual([query, expected]);
    const wrong = ['since=yesterday', 'since=2026-02-30', 'until=2026-03-04T25:00', 'since=1700000000'];
    for (const query of [...wrong, 'until=2026-03-04&since=2026-03-05']) {
      const response = await get(`/v1/transcodes?${query}`);
      expect([query, response.status, response.json.details.field]).toEqual([query, 400, query.split('=')[0]]);
    }
  });

  it('query parameters that are booleans accept true, 1, yes, false, 0 and no, in any case', async () => {
    await api.database.pg.query(
      `WITH made AS (INSERT INTO objects (id, account_id, key, kind, content_type, size, state)
         VALUES (gen_random_uuid(), $1, 'x', 'output', 'video/mp4', 1, 'live') RETURNING id),
       completed AS (UPDATE jobs SET status = 'completed' WHERE id = $2)
       UPDATE job_outputs SET object_id = (SELECT id FROM made) WHERE job_id = $2`,
      [api.account.id, jobId],
    );
    const path = `/v1/transcodes/${jobId}/download`;
    for (const no of ['false', '0', 'no', 'FALSE', 'No'])
      expect([no, (await get(`${path}?url=${no}`)).status]).toEqual([no, 302]);
    for (const yes of ['true', '1', 'yes', 'True', 'YES', '']) {
      const response = await get(`${path}?url=${yes}`, { accept: 'application/json' });
      expect([yes, response.status, typeof response.json?.url]).toEqual([yes, 200, 'string']);
    }
    expect((await get(`${path}?url=maybe`)).json.details).toMatchObject({
      field: 'url',
      reason: expect.stringMatching(/true or false/),
    });
  });

  it('query parameters that are unknown are named in the response with the nearest name, and are not stored', async () => {
    const { json } = await get('/v1/transcodes?stauts=failed&per_page=5&x=1');
    expect(json.warnings).toEqual([
      { field: 'stauts', message: 'Unknown query parameter, ignored. Did you mean "status"?' },
      { field: 'per_page', message: 'Unknown query parameter, ignored. Did you mean "limit"?' },
      { field: 'x', message: 'Unknown query parameter, ignored.' },
    ]);
    const made = await api.call('POST', '/v1/transcodes?wiat=5', { ...CREATE, presets: {} });
    expect(made.json.warnings.map((warning: { field: string }) => warning.field)).toEqual(['wiat', 'presets']);
    expect((await get(`/v1/transcodes/${made.json.id}`)).json.warnings).toHaveLength(1);
    for (const [method, path] of [
      ['GET', '/v1/keys'],
      ['GET', '/v1/security'],
      ['GET', '/health-check'],
      ['GET', '/livez'],
      ['PATCH', `/v1/transcodes/${made.json.id}/cancel`],
      ['DELETE', `/v1/transcodes/${made.json.id}`],
    ] as const) {
      expect([path, (await api.call(method, `${path}?nonsense=1`)).json.warnings]).toEqual([
        path,
        [{ field: 'nonsense', message: 'Unknown query parameter, ignored.' }],
      ]);
    }
  });

  it('query parameters that are unknown are shortened, and at most ten are named', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `p${index}${'x'.repeat(200)}=1`).join('&');
    const { warnings } = (await get(`/v1/transcodes?${many}`)).json;
    expect(warnings).toHaveLength(10);
    for (const { field } of warnings) expect(field).toHaveLength(64);
  });
});
