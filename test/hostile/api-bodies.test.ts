import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiResponse, shareService, type TestService } from '../../testkit/service.ts';
import { rawHttp } from '../helpers/raw-http.ts';

const SOURCE = 'https://media.example.com/clip.mp4';
const job = (extra: object = {}) => ({ inputs: [{ url: SOURCE }], outputFormat: 'mp4', ...extra });

describe('the API, with hostile and broken requests,', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await shareService();
  });
  afterAll(() => service?.remove());

  const post = (path: string, body: unknown, headers?: Record<string, string>) =>
    service.call('POST', path, body, headers);

  /** Expects the common form of an error, without internal details. */
  function expectError(response: ApiResponse, status: number, code: string) {
    expect({ status: response.status, code: response.json?.code, text: response.text }).toMatchObject({ status, code });
    expect(Object.keys(response.json).sort()).toEqual(['code', 'details', 'docs', 'error', 'message']);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.text).not.toMatch(/node_modules|\.ts:|FST_|zod|postgres/i);
  }

  it.each([
    '',
    '{',
    'nope',
    '{"a":1}}',
    '\u0000',
    '{"__proto__":{"a":1}}',
    '{"inputs":[{"constructor":{"prototype":{}}}]',
  ])('returns 400 for a body that is not JSON: %j', async (body) => {
    const response = await post('/v1/transcodes', body);
    expect(response.status).toBe(400);
    expectError(response, 400, body === '' ? 'invalid_request' : response.json.code);
  });

  it.each(['null', '[]', '"text"', '7', 'true'])('returns 400 for a body that is not an object: %s', async (body) => {
    for (const path of ['/v1/transcodes', '/v1/upload/presigned-url', '/v1/upload/confirm', '/v1/keys']) {
      const response = await post(path, body);
      expect([path, response.status]).toEqual([path, 400]);
    }
  });

  it('returns 413 for a body over 1 MiB, with a length or chunked, and accepts a body of exactly 1 MiB', async () => {
    const padded = (bytes: number) => {
      const body = JSON.stringify(job({ inputs: [], pad: '' }));
      return body.replace('"pad":""', `"pad":"${'x'.repeat(bytes - body.length)}"`);
    };
    const send = (bytes: number, chunked: boolean) =>
      rawHttp(`${service.api}/v1/transcodes`, {
        method: 'POST',
        body: padded(bytes),
        chunked,
        headers: { authorization: `Bearer ${service.key}`, 'content-type': 'application/json' },
      });
    for (const chunked of [false, true]) {
      const over = await send(1024 * 1024 + 1, chunked);
      expectError(over, 413, 'body_too_large');
      expect(over.json.message).toMatch(/^Request body is too large: it is larger than 1 MiB;/);
      expectError(await send(1024 * 1024, chunked), 400, 'invalid_request');
    }
  });

  it('returns 415 for other content types, regardless of the body', async () => {
    for (const type of [
      'text/plain',
      'application/xml',
      'multipart/form-data; boundary=x',
      'application/x-www-form-urlencoded',
    ]) {
      const response = await post('/v1/transcodes', JSON.stringify(job()), { 'content-type': type });
      expectError(response, 415, 'unsupported_media_type');
    }
  });

  it('accepts JSON with a charset', async () => {
    const response = await post('/v1/transcodes', job({ inputs: [] }), {
      'content-type': 'application/json; charset=UTF-8',
    });
    expectError(response, 400, 'invalid_request');
  });

  it.each([
    [job({ inputs: undefined }), 'inputs'],
    [job({ inputs: 'x' }), 'inputs'],
    [job({ inputs: [] }), 'inputs'],
    [job({ inputs: Array(11).fill({ url: SOURCE }) }), 'inputs'],
    [job({ inputs: [{}] }), 'inputs[0].url'],
    [job({ inputs: [{ url: 7 }] }), 'inputs[0].url'],
    [job({ inputs: [{ url: SOURCE }, { url: '' }] }), 'inputs[1].url'],
    [job({ inputs: [{ url: SOURCE, options: 'x' }] }), 'inputs[0].options'],
    [job({ inputs: [{ url: SOURCE, options: [{ argument: '1' }] }] }), 'inputs[0].options[0].option'],
    [job({ outputFormat: undefined }), 'outputFormat'],
    [job({ outputFormat: 'exe' }), 'outputFormat'],
    [job({ outputFormat: ['mp4'] }), 'outputFormat'],
    [job({ preset: 'high' }), 'preset'],
    [job({ preset: { quality: 'best' } }), 'preset.quality'],
    [job({ preset: { resolution: '999p' } }), 'preset.resolution'],
    [job({ options: {} }), 'options'],
    [job({ options: [{ option: 7 }] }), 'options[0].option'],
    [job({ filters: 'scale=1:1' }), 'filters'],
    [job({ filters: [{}] }), 'filters[0].filter'],
    [job({ metadata: [] }), 'metadata'],
    [job({ metadata: 'x' }), 'metadata'],
    [job({ metadata: { pad: 'x'.repeat(8192) } }), 'metadata'],
    [job({ retention_seconds: 0 }), 'retention_seconds'],
    [job({ retention_seconds: 1.5 }), 'retention_seconds'],
    [job({ retention_seconds: '60' }), 'retention_seconds'],
  ])('names the invalid field: %#', async (body, field) => {
    const response = await post('/v1/transcodes', body);
    expectError(response, 400, 'invalid_request');
    expect(response.json.error).toBe('Invalid request');
    expect(response.json.details.field).toBe(field);
  });

  const depth = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  it('rejects the deepest nesting that fits in a body, and stays healthy', async () => {
    const deep = depth(400_000);
    const raw = JSON.stringify(job()).slice(0, -1);
    for (const field of ['metadata', 'unknown', 'options', 'filters']) {
      const value = field === 'metadata' ? `{"x":${deep}}` : deep;
      const response = await post('/v1/transcodes', `${raw},"${field}":${value}}`, {
        'idempotency-key': `deep-${field}`,
      });
      expect([field, response.status, response.json?.code]).toEqual([field, 400, expect.any(String)]);
    }
    const option = `{"option":"@text-overlay","argument":{"text":${deep}}}`;
    const response = await post('/v1/transcodes', `${raw},"options":[${option}]}`);
    expect([400, 422]).toContain(response.status);
    expect((await service.call('GET', '/health-check')).status).toBe(200);
  });

  it.each(['\u0000', '\ud800', '\u202e', '\ufffe'])('stores or rejects %j in every text field', async (odd) => {
    const responses = [
      await post('/v1/transcodes', job({ metadata: { [odd]: odd } })),
      await post('/v1/transcodes', job({ [`name${odd}`]: 1 })),
      await post('/v1/transcodes', job({ options: [{ option: '-metadata', argument: `title=${odd}` }] })),
      await post('/v1/transcodes', job({ options: [{ option: odd }] })),
      await post('/v1/transcodes', job({ filters: [{ filter: `scale=${odd}` }] })),
      await post('/v1/transcodes', job({ inputs: [{ url: `https://media.example.com/${odd}.mp4` }] })),
      await post('/v1/transcodes', job({ inputs: [{ url: `gs://airlock/${odd}` }] })),
      await post('/v1/upload/presigned-url', { filename: odd, contentType: 'video/mp4', fileSize: 1 }),
      await post('/v1/upload/confirm', { filename: odd, fileSize: 1 }),
      await post('/v1/keys', { name: `key ${odd}` }),
      await post('/v1/keys', { name: 'key', [odd]: 1 }),
      await service.call('GET', `/v1/transcodes/${encodeURIComponent(odd.toWellFormed())}`),
      await service.call('GET', `/v1/transcodes?status=${encodeURIComponent(odd.toWellFormed())}`),
    ];
    expect(responses.map((response, index) => [index, response.status]).filter(([, status]) => status! >= 500)).toEqual(
      [],
    );
    for (const response of responses) if (response.status >= 400) expect(response.json.code).toBeTypeOf('string');
  });

  it.each([
    'x',
    '1',
    '..%2f..%2fetc%2fpasswd',
    '%00',
    '%zz',
    '0'.repeat(5000),
    "'%3bdrop table transcodes--",
    '%F0%9F%8E%AC',
  ])('returns 404 for an id that is not a UUID: %#', async (id) => {
    for (const [method, path] of [
      ['GET', `/v1/transcodes/${id}`],
      ['GET', `/v1/transcodes/${id}/download`],
      ['PATCH', `/v1/transcodes/${id}/cancel`],
      ['DELETE', `/v1/transcodes/${id}`],
      ['DELETE', `/v1/keys/${id}`],
      ['POST', `/v1/keys/${id}/rotate`],
    ] as const) {
      expectError(await service.call(method, path), 404, 'not_found');
    }
  });

  it('returns 404 or 405 in the common format for unknown paths and methods', async () => {
    for (const [method, path] of [
      ['GET', '/v1'],
      ['GET', '/v2/transcodes'],
      ['GET', '//v1//transcodes'],
      ['GET', '/v1/transcodes/../../etc/passwd'],
    ] as const) {
      expectError(await service.call(method, path), 404, 'not_found');
    }
    expectError(await service.call('PUT', '/v1/transcodes'), 405, 'method_not_allowed');
    expectError(await service.call('POST', '/health-check'), 405, 'method_not_allowed');
  });

  it('returns an error in the same format for bytes that are not an HTTP request, and closes the connection', async () => {
    const requests = {
      garbage: 'no http at all\r\n\r\n',
      smuggling:
        'POST /v1/transcodes HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      headers: `GET / HTTP/1.1\r\nhost: a\r\nx-long: ${'x'.repeat(40_000)}\r\n\r\n`,
    };
    for (const [name, bytes] of Object.entries(requests)) {
      const text = await new Promise<string>((resolve) => {
        let received = '';
        const socket = connect(Number(new URL(service.api).port), '127.0.0.1', () => socket.write(bytes));
        socket.on('data', (chunk) => {
          received += chunk;
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve(received));
      });
      expect([name, text.split('\r\n')[0]]).toEqual([name, 'HTTP/1.1 400 Bad Request']);
      expect(text).toMatch(/\r\nx-request-id: [0-9a-f-]{36}\r\n/);
      const body = JSON.parse(text.split('\r\n\r\n')[1]!);
      expect(body).toEqual({
        error: 'Invalid request',
        code: 'invalid_request',
        message: expect.stringMatching(/^Invalid request: /),
        details: { reason: expect.any(String), remedy: expect.any(String) },
        docs: expect.stringContaining('/docs/errors#'),
      });
    }
  });

  it('accepts or rejects unusual Idempotency-Keys without a server error', async () => {
    const send = (key: string) => post('/v1/transcodes', job({ inputs: [] }), { 'idempotency-key': key });
    expectError(await send('x'.repeat(256)), 400, 'invalid_request');
    expect((await send('x'.repeat(256))).json.details.field).toBe('inputs');
    const good = await post('/v1/transcodes', job(), { 'idempotency-key': 'é' });
    expectError(good, 400, 'invalid_request');
    expect(good.json.details.field).toBe('Idempotency-Key');
  });
});
