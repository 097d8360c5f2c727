import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toErrorBody } from '../../src/contract/error-body.ts';
import { ApiError, errors } from '../../src/contract/errors.ts';
import type { ApiResponse } from '../../testkit/service.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const CREATE = { inputs: [{ url: 'https://example.org/a.mp4' }], outputFormat: 'mp4' };
const ID = '00000000-0000-7000-8000-000000000000';

// biome-ignore lint/suspicious/noExplicitAny: read field by field
type Json = any;

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

/** Expects one sentence that starts with a capital letter and contains no other end of a sentence. */
function expectSentence(message: unknown) {
  expect(message).toEqual(expect.any(String));
  expect(message).toMatch(/^[A-Z].*\.$/);
  expect(message).not.toMatch(/\.\s+[A-Z]|\.\.|undefined|\[object/);
}

function expectError(response: ApiResponse, status: number, code: keyof typeof errors) {
  expect([response.status, response.json?.code]).toEqual([status, code]);
  expect(Object.keys(response.json).sort()).toEqual(['code', 'details', 'docs', 'error', 'message']);
  expect(response.json.docs).toBe(`http://localhost:80/docs/errors#${code}`);
  expectSentence(response.json.message);
  return response.json;
}

describe('every declared error', () => {
  /** Codes of errors whose texts the contract fixes, because clients of the hosted service compare them. */
  const FIXED = new Set<string>(['upload_not_found', 'file_too_large']);
  const FOREIGN = /\b(?:GCS|Google|S3|2 ?GB)\b/;

  it('mentions no storage and no limit that this server may not have', () => {
    for (const [code, { text, advice }] of Object.entries(errors)) {
      const values = { status: 'completed', what: 'Transcription', limit: '1 GB' };
      const error = new ApiError(code as keyof typeof errors, null, values);
      const texts = [advice, toErrorBody(error).message, ...(FIXED.has(code) ? [] : [text])];
      expect([code, texts.filter((one) => FOREIGN.test(one))]).toEqual([code, []]);
    }
  });

  it('has an object or null as its details, in every example and in every response', async () => {
    const document = (await api.call('GET', '/openapi.json')).json;
    const shown = new Set<string>();
    for (const [path, item] of Object.entries<Json>(document.paths)) {
      for (const [method, { responses }] of Object.entries<Json>(item)) {
        const responded = await responsesOf(method.toUpperCase(), path);
        const examples = Object.values<Json>(responses)
          .flatMap(({ content }) => Object.values<Json>(content?.['application/json']?.examples ?? {}))
          .map(({ value }) => value);
        for (const body of [...responded, ...examples]) {
          if (typeof body?.code !== 'string') continue;
          shown.add(body.code);
          expect([method, path, body.code, isObjectOrNull(body.details)]).toEqual([method, path, body.code, true]);
        }
      }
    }
    // No example contains these codes, because playback URLs and other kinds of jobs return them.
    const ofOtherKinds = ['playback_ended', 'job_not_completed', 'job_failed', 'job_canceled', 'job_without_output'];
    expect(Object.keys(errors).filter((code) => !shown.has(code) && !ofOtherKinds.includes(code))).toEqual([]);
  });

  const isObjectOrNull = (value: unknown) => typeof value === 'object' && !Array.isArray(value);

  /** Returns the error bodies of an operation for a wrong method, an unknown id, and a body of the wrong shape. */
  async function responsesOf(method: string, path: string): Promise<Json[]> {
    const url = path.replace('{id}', ID).replace(/\{\w+\}/g, 'none');
    const body = method === 'GET' || method === 'DELETE' ? undefined : [];
    const responses = [await api.call('OPTIONS', url), await api.call(method, url, body)];
    return responses.filter(({ status }) => status >= 400).map(({ json }) => json);
  }
});

describe('error responses', () => {
  it.each([
    ['no key', 401, 'unauthorized', () => api.call('GET', '/v1/transcodes', undefined, { authorization: '' })],
    ['a key in the query', 401, 'unauthorized', () => api.call('GET', `/v1/transcodes?token=${api.key}`)],
    ['an unknown path', 404, 'not_found', () => api.call('GET', '/v1/nothing')],
    ['a path that cannot be decoded', 404, 'not_found', () => api.call('GET', '/v1/transcodes/%zz')],
    ['a path parameter that is too long', 404, 'not_found', () => api.call('GET', `/v1/transcodes/${'x'.repeat(300)}`)],
    ['an unknown job', 404, 'not_found', () => api.call('GET', `/v1/transcodes/${ID}`)],
    ['invalid JSON', 400, 'invalid_json', () => api.call('POST', '/v1/transcodes', '{', JSON_TYPE)],
    ['a poisoned prototype', 400, 'invalid_json', () => api.call('POST', '/v1/transcodes', '{"__proto__":1}')],
    ['another media type', 415, 'unsupported_media_type', () => post('<a/>', { 'content-type': 'text/xml' })],
    ['a body over the limit', 413, 'body_too_large', () => post(`"${'x'.repeat(2 ** 20)}"`)],
    ['a wrong shape', 400, 'invalid_request', () => post(JSON.stringify({ ...CREATE, outputFormat: 'exe' }))],
    ['a body that is too deep', 400, 'invalid_request', () => post('['.repeat(100) + ']'.repeat(100))],
    ['an option that is not allowed', 422, 'option_refused', () => create({ options: [{ option: '-f' }] })],
    ['a private source', 422, 'source_refused', () => create({ inputs: [{ url: 'http://127.0.0.1/a.mp4' }] })],
    ['a missing upload field', 400, 'missing_upload_fields', () => api.call('POST', '/v1/upload/presigned-url', {})],
    ['a wrong Idempotency-Key', 400, 'invalid_request', () => create({}, { 'idempotency-key': 'x'.repeat(256) })],
  ] as const)('contain a message for %s', async (_, status, code, ask) => {
    expectError(await ask(), status, code);
  });

  const post = (body: string, headers = {}) => api.call('POST', '/v1/transcodes', body, { ...JSON_TYPE, ...headers });
  const create = (body: object, headers = {}) => api.call('POST', '/v1/transcodes', { ...CREATE, ...body }, headers);

  it('bytes that are not an HTTP request get an error response with a message', async () => {
    const url = new URL(await api.listen());
    const raw = await new Promise<string>((resolve, reject) => {
      let text = '';
      const socket = connect(Number(url.port), url.hostname, () => socket.write('NONSENSE\r\n\r\n'));
      socket.on('data', (chunk) => {
        text += chunk;
      });
      socket.on('end', () => resolve(text));
      socket.on('error', reject);
    });
    const json = JSON.parse(raw.slice(raw.indexOf('\r\n\r\n')));
    expect(json).toMatchObject({ error: 'Invalid request', code: 'invalid_request' });
    expectSentence(json.message);
  });

  it('name field, reason and remedy, and quote no query', async () => {
    const response = await create({
      options: [{ option: '-vf', argument: "subtitles='https://example.org/a.srt?token=secret':nonsense=1" }],
    });
    const { message } = expectError(response, 422, 'option_refused');
    expect(message).toMatch(/^Option not allowed: options\[0\] /);
    expect(message).not.toContain('secret');
    expect((await create({ outputFormat: 'exe' })).json.message).toMatch(/^Invalid request: outputFormat: .*mp4/);
  });

  it('contain the URL of their documentation, at the address of the server or else of the request', async () => {
    const named = await startApi({ publicUrl: 'https://video.example.com/' });
    const { json } = await named.call('GET', '/v1/nothing');
    expect(json.docs).toBe('https://video.example.com/docs/errors#not_found');
    const asked = await api.call('GET', '/v1/nothing', undefined, { host: 'video.internal:8080' });
    expect(asked.json.docs).toBe('http://video.internal:8080/docs/errors#not_found');
    const odd = await api.call('GET', '/v1/nothing', undefined, { host: 'a"><script>' });
    expect(odd.json.docs).toBe('/docs/errors#not_found');
    await named.close();
  });

  it('name the scope that the key lacks', async () => {
    const key = await api.makeKey({ scopes: ['read'] });
    const response = await create({}, { authorization: `Bearer ${key}` });
    expect(expectError(response, 403, 'forbidden').message).toMatch(/scope transcode/);
  });
});
