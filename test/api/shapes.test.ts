import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TYPES } from '../../sdk/src/source.ts';
import { CONTENT_TYPE_BY_EXTENSION, UPLOAD_CONTENT_TYPES } from '../../src/contract/formats.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const URL = 'https://example.org/a.mp4';
const PRESIGN = { filename: 'a.mp3', contentType: 'audio/mpeg', fileSize: 10 };

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const create = (body: unknown) => api.call('POST', '/v1/transcodes', body);
const presign = (body: unknown) => api.call('POST', '/v1/upload/presigned-url', body);

describe('a required field that is missing', () => {
  it.each([
    [{ inputs: [{ url: URL }], output_fromat: 'mp4' }, 'outputFormat', 'output_fromat'],
    [{ inputs: [{ url: URL }], format: 'mp4' }, 'outputFormat', 'format'],
    [{ input: [{ url: URL }], outputFormat: 'mp4' }, 'inputs', 'input'],
    [{ inputs: [{ uri: URL }], outputFormat: 'mp4' }, 'inputs[0].url', 'uri'],
    [{ inputs: [{ url: URL }, { src: URL }], outputFormat: 'mp4' }, 'inputs[1].url', 'src'],
    [
      { inputs: [{ url: URL, options: [{ name: '-ss' }] }], outputFormat: 'mp4' },
      'inputs[0].options[0].option',
      'name',
    ],
    [{ inputs: [{ url: URL }], outputFormat: 'mp4', filters: [{ value: 'scale=2:2' }] }, 'filters[0].filter', 'value'],
  ])('is reported as missing, with the similar name that was sent: %j', async (body, field, near) => {
    const { status, json } = await create(body);
    const name = field.split('.').at(-1);
    expect([status, json.code, json.details.field]).toEqual([400, 'invalid_request', field]);
    expect(json.details).toMatchObject({
      reason: `is missing, but "${near}" was sent`,
      remedy: `Rename "${near}" to "${name}"`,
    });
    expect(json.message).toMatch(new RegExp(`missing.*"${near}".*"${name}"`));
  });

  it('is reported as missing if no similar name was sent, or if the value is null', async () => {
    for (const body of [{ inputs: [{ url: URL }] }, { inputs: [{ url: URL }], outputFormat: null, options: [] }]) {
      const { json } = await create(body);
      expect(json.details).toMatchObject({
        field: 'outputFormat',
        reason: 'is missing',
        remedy: expect.stringMatching(/^Send outputFormat: one of "mp4", /),
      });
    }
    expect((await create(undefined)).json.details).toMatchObject({ field: 'body', reason: 'is missing' });
    expect((await create([])).json.details).toMatchObject({
      field: 'body',
      reason: 'is a list, not an object',
    });
  });

  it('is reported with the fixed text of the error where the contract fixes one', async () => {
    const response = await presign({ name: 'a.mp3', contentType: 'audio/mpeg', fileSize: 10 });
    expect(response.json).toMatchObject({
      error: 'Missing required fields: filename, contentType, fileSize',
      details: { field: 'filename', reason: 'is missing, but "name" was sent' },
    });
    expect((await presign({ ...PRESIGN, fileSize: undefined, fileSise: 3 })).json.details.remedy).toBe(
      'Rename "fileSise" to "fileSize"',
    );
    expect((await api.call('POST', '/v1/upload/confirm', {})).json.error).toBe(
      'Missing required fields: filename, fileSize',
    );
  });

  it('can be the argument of an option, which is reported as missing if it was sent under another name', async () => {
    for (const body of [
      { inputs: [{ url: URL }], outputFormat: 'mp4', options: [{ option: '-ss', value: '5' }] },
      { inputs: [{ url: URL, options: [{ option: '-t', value: 5 }] }], outputFormat: 'mp4' },
      { inputs: [{ url: URL }], outputFormat: 'mp4', options: [{ option: '@text-overlay', value: { text: 'x' } }] },
    ]) {
      const { status, json } = await create(body);
      expect([status, json.code]).toEqual([422, 'option_refused']);
      expect(json.details).toMatchObject({
        reason: 'The argument is missing, but "value" was sent.',
        suggestion: 'Rename "value" to "argument".',
      });
      const reviewed = await api.call('POST', '/v1/transcodes/validate', body);
      expect(reviewed.json.errors[0].suggestion).toBe('Rename "value" to "argument".');
    }
  });
});

describe('a type that browsers send for a file', () => {
  const ALIASES = ['video/matroska', 'video/vnd.avi', 'audio/x-m4a', 'text/x-ssa', 'video/ogg', 'video/3gpp2'];
  const put = (url: string, type: string) =>
    fetch(url, { method: 'PUT', headers: { 'content-type': type }, body: '0123456789' });

  it.each(ALIASES)('is accepted by the presign, the PUT and an upload in parts: %s', async (contentType) => {
    const { status, json } = await presign({ ...PRESIGN, contentType });
    expect([status, json.result?.contentType]).toEqual([200, undefined]);
    expect((await put(json.result.uploadUrl, contentType)).status).toBe(200);
    expect((await api.call('POST', '/v1/upload/multipart', { ...PRESIGN, contentType })).status).toBe(200);
  });

  it('is derived from the name of the file if it is empty', async () => {
    for (const [filename, type] of [
      ['talk.MKV', 'video/x-matroska'],
      ['captions.srt', 'application/x-subrip'],
    ] as const) {
      const { status, json } = await presign({ filename, contentType: '', fileSize: 10 });
      expect([status, json.result.contentType]).toEqual([200, type]);
      expect((await put(json.result.uploadUrl, type)).status).toBe(200);
    }
    const parts = await api.call('POST', '/v1/upload/multipart', { ...PRESIGN, contentType: '' });
    expect(parts.status).toBe(200);
  });

  it('is derived from the same file names by the SDK', () => {
    expect(TYPES).toEqual(CONTENT_TYPE_BY_EXTENSION);
  });
});

describe('a rejected upload', () => {
  it.each([
    ['audio/mp3', 'audio/mpeg'],
    ['video/mov', 'video/quicktime'],
    ['VIDEO/MP4', 'video/mp4'],
    ['video/mp4; codecs=avc1', 'video/mp4'],
    ['image/jpg', 'image/jpeg'],
    ['audio/m4a', 'audio/mp4'],
    ['application/octet-stream', 'audio/mpeg'],
    ['text/srt', 'application/x-subrip'],
    ['video/qicktime', 'video/quicktime'],
  ])(
    'a rejected upload with the type %s gets an error with the accepted types and the nearest type',
    async (contentType, near) => {
      const { status, json } = await presign({ ...PRESIGN, contentType });
      expect([status, json.error]).toEqual([400, 'Invalid file type. Only video, audio, or image files are allowed.']);
      expect(json.details).toMatchObject({ field: 'contentType', near, accepted: [...UPLOAD_CONTENT_TYPES] });
      expect(json.message).toContain(`declare "${near}"`);
    },
  );

  it('gets an error with only the accepted types if its name suggests no type', async () => {
    const { json } = await presign({ ...PRESIGN, filename: 'report', contentType: 'model/gltf-binary' });
    expect(json.details).toMatchObject({ near: null, remedy: 'Declare one of the types in details.accepted' });
  });

  it('gets an error with the name of its kind if Airlock does not support the kind', async () => {
    const { json } = await presign({ ...PRESIGN, filename: 'report', contentType: 'application/pdf' });
    expect(json.details).toMatchObject({ near: null, remedy: 'Convert its pages to PNG' });
    expect(json.message).toContain("is the type of a PDF or PostScript document, which Airlock doesn't support;");
  });

  it.each(['image/heic-sequence', 'image/HEIF-sequence', 'image/avif-sequence; x=y'])(
    'gets an error with the reason if it is %s',
    async (type) => {
      const { json } = await presign({ ...PRESIGN, contentType: type });
      expect(json.details).toMatchObject({ near: 'video/mp4', accepted: [...UPLOAD_CONTENT_TYPES] });
      expect(json.message).toMatch(/sequences of HEIC and AVIF pictures cannot be read; stills can; convert it/);
    },
  );

  it('gets an error with the lower of the limits of the account and the server if it is too large', async () => {
    const account = await api.makeAccount({ max_upload_bytes: 1000 });
    const authorization = `Bearer ${await api.makeKey({ account })}`;
    const ask = (fileSize: number, headers = {}) =>
      api.call('POST', '/v1/upload/presigned-url', { ...PRESIGN, fileSize }, headers);
    for (const [size, headers, limit, reason] of [
      [1001, { authorization }, 1000, /is 1 kB \(1,001 bytes\); this account allows at most 1 kB \(1,000 bytes\)/],
      [3_000_000_000, { authorization }, 1000, /is 3 GB .*; this account allows at most 1 kB/],
      [3_000_000_000, {}, 2_048_576_000, /this server allows at most 2.05 GB \(2,048,576,000 bytes\)/],
    ] as const) {
      const { json } = await ask(size, headers);
      expect(json).toMatchObject({ error: 'File size too large. Maximum allowed size is 2GB.', details: { limit } });
      expect(json.message).toMatch(reason);
      expect(json.message).not.toContain('2GB');
    }
    expect((await ask(1000, { authorization })).status).toBe(200);
  });
});
