import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCOPES } from '../../src/contract/keys.ts';
import type { ApiResponse } from '../../testkit/service.ts';
import { startApi, type TestApi } from '../helpers/api.ts';
import { type Malformed, malformedBodies, malformedQueries } from '../helpers/malformed.ts';

/** Matches texts of Zod, and remedies that do not help. No response may contain them. */
const RAW =
  /Invalid (?:input|option|ISO|string|number|email|URL|UUID|IPv|CIDR|key|value|discriminator)|Too (?:big|small)|expected \w+,? received|expected (?:string|record|object|number|array|int|one of)|Unrecognized key|received NaN|\[object|undefined|\n|See \/docs for the shape/;

const JSON_TYPE = { 'content-type': 'application/json' };
const CREATE = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' };

let api: TestApi;
let headers: Record<string, string>;
beforeAll(async () => {
  api = await startApi();
  headers = { authorization: `Bearer ${await api.makeKey({ scopes: [...SCOPES] })}` };
});
afterAll(() => api?.close());

const send = ({ method, path, body }: Malformed) => api.call(method, path, body, headers);
const create = (change: object) => api.call('POST', '/v1/transcodes', { ...CREATE, ...change });

function expectRemedy({ json, text }: ApiResponse, change: string) {
  const { field, reason, remedy } = json.details ?? {};
  const isComplete = [field, reason, remedy].every((part) => typeof part === 'string' && part.length > 2);
  expect([change, isComplete, RAW.exec(text.replaceAll('\\n', '\n'))?.[0] ?? null, text]).toEqual([
    change,
    true,
    null,
    text,
  ]);
}

describe('a malformed request', () => {
  it('is rejected with field, reason and remedy in the words of Airlock, for each malformed body', async () => {
    const { json: document } = await api.call('GET', '/openapi.json');
    const all = malformedBodies(document);
    // Sends a sample of all operations, so that the test stays short. MALFORMED=all sends every request.
    const step = process.env.MALFORMED === 'all' ? 1 : Math.ceil(all.length / 500);
    let rejected = 0;
    for (const request of all.filter((_, index) => index % step === 0)) {
      const response = await send(request);
      expect([request.change, response.status < 500]).toEqual([request.change, true]);
      if (response.status !== 400 || response.json.code === 'cancel_final') continue;
      rejected++;
      expectRemedy(response, `${request.method} ${request.path} ${request.change}`);
    }
    expect(rejected).toBeGreaterThan(200);
  });

  it('is rejected with field, reason and remedy in the words of Airlock, for each malformed query', async () => {
    const { json: document } = await api.call('GET', '/openapi.json');
    let rejected = 0;
    for (const request of malformedQueries(document)) {
      const response = await send(request);
      if (response.status !== 400) continue;
      rejected++;
      expectRemedy(response, `${request.method} ${request.path} ${request.change}`);
    }
    expect(rejected).toBeGreaterThan(30);
  });
});

describe('the nearest accepted value', () => {
  it.each([
    [{ outputFormat: '.mp4' }, 'outputFormat', 'mp4'],
    [{ outputFormat: 'video/mp4' }, 'outputFormat', 'mp4'],
    [{ outputFormat: 'video/quicktime' }, 'outputFormat', 'mov'],
    [{ outputFormat: 'MP4' }, 'outputFormat', 'mp4'],
    [{ outputFormat: 'hlss' }, 'outputFormat', 'hls'],
    [{ outputFormat: 'jpeg' }, 'outputFormat', 'jpg'],
    [{ preset: 'high' }, 'preset', { quality: 'high' }],
    [{ preset: { resolution: '1920x1080' } }, 'preset.resolution', '1080p'],
    [{ preset: { resolution: '1080' } }, 'preset.resolution', '1080p'],
    [{ preset: { quality: 'best' } }, 'preset.quality', 'high'],
    [{ priority: '5' }, 'priority', 5],
    [{ disarm: 'true' }, 'disarm', true],
    [{ webhook_url: 5 }, 'webhook_url', '5'],
    [{ limits: { memory: 512 } }, 'limits', 'memory_mb'],
  ])('the nearest accepted value for %j is named in details and remedy', async (change, field, near) => {
    const { status, json } = await create(change);
    expect([status, json.details.field, json.details.near]).toEqual([400, field, near]);
    expect(json.details.remedy).toContain(JSON.stringify(near));
    expect(json.message).toContain(JSON.stringify(near));
  });

  it.each([
    ['status=Completed', 'completed'],
    ['status=done', 'completed'],
    ['status=cancelled', 'canceled'],
    ['status=running', 'processing'],
  ])('the nearest accepted value for the query %s is named', async (query, near) => {
    const { status, json } = await api.call('GET', `/v1/transcodes?${query}`);
    expect([status, json.details.field, json.details.near]).toEqual([400, 'status', near]);
  });

  it('the nearest accepted value is named for an event type in a list of types', async () => {
    const { json } = await api.call('GET', '/v1/events?types=transcode.complete,key.created');
    expect(json.details).toMatchObject({
      field: 'types',
      reason: '"transcode.complete" is not an event type',
      near: 'transcode.completed',
    });
  });

  it('the nearest path is named, and contains the ids that were sent', async () => {
    for (const [sent, near] of [
      ['/v1/transcode', '/v1/transcodes'],
      ['/transcodes', '/v1/transcodes'],
      ['/v1/transcode/7/cancel', '/v1/transcodes/7/cancel'],
      ['/v1/uploads/confirm', null],
      ['/v1/upload/presigned-urls', '/v1/upload/presigned-url'],
      ['/v1/nothing', null],
    ] as const) {
      const { status, json } = await api.call('PUT', sent === '/v1/uploads/confirm' ? '/v1/x/y/z/1' : sent);
      expect([sent, status, json.details.near ?? null]).toEqual([sent, 404, near]);
      expect(json.details.remedy).toContain(near ?? '/openapi.json');
    }
  });
});

describe('the reason for a rejection', () => {
  it('names the range of a number that the field accepts, not the range that a computer can store', async () => {
    for (const priority of [11, 1e300, 1.5]) {
      const { json } = await create({ priority });
      expect(json.details).toMatchObject({ field: 'priority', remedy: 'Send an integer from -10 to 10' });
    }
    expect((await create({ priority: 11 })).json.details.reason).toBe('is 11, above the maximum of 10');
  });

  it('describes every kind of value that an option accepts', async () => {
    const { json } = await create({ options: [{ option: '-ss', argument: [1] }] });
    expect(json.details).toMatchObject({
      field: 'options[0].argument',
      reason: 'is a list, which is not accepted',
      remedy: 'Send text of at most 10000 characters, a number, an object, such as {"name":"text"} or null',
    });
  });

  it('contains an example of an address or a time that a key accepts', async () => {
    const key = (body: object) => api.call('POST', '/v1/keys', { name: 'k', ...body });
    expect((await key({ allowed_cidrs: ['home'] })).json.details).toMatchObject({
      field: 'allowed_cidrs[0]',
      reason: 'is "home", which is not accepted',
      remedy: expect.stringContaining('203.0.113.0/24'),
    });
    expect((await key({ expires_at: 'tomorrow' })).json.details).toMatchObject({
      field: 'expires_at',
      remedy: 'Send a time such as 2026-05-22T14:30:00Z',
    });
  });

  it('never repeats a password or the query of a URL', async () => {
    const secret = 'hunter2!!';
    const setup = await api.call('POST', '/v1/setup', { token: 'x', password: secret });
    expect(setup.text).not.toContain(secret);
    const { text } = await create({ outputFormat: `https://example.org/?token=${secret}` });
    expect(text).not.toContain(secret);
  });

  it('states that a name of another type is not text, instead of that the name is missing', async () => {
    const presign = await api.call('POST', '/v1/upload/presigned-url', {
      filename: 5,
      contentType: 'video/mp4',
      fileSize: 5,
    });
    expect(presign.json).toMatchObject({
      code: 'invalid_request',
      details: { field: 'filename', reason: 'is the number 5, not text', remedy: 'Send "5", in quotes', near: '5' },
    });
  });

  it('names a time range that ends before it begins', async () => {
    const { status, json } = await api.call('GET', '/v1/transcodes?since=2026-02-01&until=2026-01-01');
    expect([status, json.details.field]).toEqual([400, 'until']);
    expect(json.details.reason).toMatch(/before since/);
    const one = await api.call('GET', '/v1/transcodes?since=2026-02-01T01:00:00%2B01:00&until=2026-02-01');
    expect(one.status).toBe(200);
  });
});

describe('a body that cannot be parsed', () => {
  const post = (body: string | Buffer, type: Record<string, string> = JSON_TYPE) =>
    api.app.inject({
      method: 'POST',
      url: '/v1/transcodes',
      headers: { ...headers, ...type },
      payload: body,
    });

  it('is rejected with the line and the column of its first fault', async () => {
    const json = (await post('{\n  "inputs": [],\n}')).json();
    expect(json).toMatchObject({ error: 'Body is not valid JSON', code: 'invalid_json' });
    expect(json.details).toMatchObject({ field: 'body', position: { line: 3, column: 1, offset: 18 } });
    expect(json.message).toMatch(/at line 3, column 1, "}" follows a comma; remove the comma/);
  });

  it('is reported as compressed if it is, with or without a Content-Encoding header', async () => {
    const packed = gzipSync(JSON.stringify(CREATE));
    for (const type of [JSON_TYPE, { ...JSON_TYPE, 'content-encoding': 'gzip' }]) {
      const response = await post(packed, type);
      expect([response.statusCode, response.json().details.reason]).toEqual([415, 'is compressed (gzip)']);
      expect(response.json().details.remedy).toMatch(/uncompressed/);
    }
  });

  it('is rejected with the content type that was sent', async () => {
    const response = await post('a=b', { 'content-type': 'application/x-www-form-urlencoded' });
    expect(response.json().details).toMatchObject({
      field: 'Content-Type',
      reason: 'is "application/x-www-form-urlencoded"',
      remedy: expect.stringContaining('application/json'),
    });
  });
});
