import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../helpers/api.ts';

const INPUTS = [{ url: 'https://example.org/a.mp4' }];
const TEXT = { option: '@text-overlay', argument: { text: 'a', style: { font_size: 500, font_color: 'red' } } };

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const create = (body: object, headers = {}) => api.call('POST', '/v1/transcodes', body, headers);
const upload = (path: string, body: object) => api.call('POST', `/v1/upload/${path}`, body);

describe('a request with names in snake_case', () => {
  it('is accepted by every upload route', async () => {
    const presigned = await upload('presigned-url', { filename: 'a.mp4', content_type: 'video/mp4', file_size: 10 });
    expect([presigned.status, presigned.json.warnings]).toEqual([200, undefined]);
    const { filename } = presigned.json.result;
    expect((await upload('confirm', { filename, file_size: 10 })).json.code).toBe('upload_not_found');
    const file = { filename: 'a.mp4', content_type: 'video/mp4', file_size: 10_000_000, part_size: 5_242_880 };
    const begun = await upload('multipart', file);
    expect([begun.status, begun.json.result.partSize, begun.json.warnings]).toEqual([200, 5_242_880, undefined]);
    const { uploadId } = begun.json.result;
    const parts = await upload(`multipart/${uploadId}/parts`, { part_numbers: [2] });
    expect(parts.json.result.parts).toMatchObject([{ partNumber: 2 }]);
    const sent = { filename: begun.json.result.filename, file_size: 10_000_000, upload_id: uploadId };
    const confirmed = await upload('confirm', { ...sent, parts: [{ part_number: 1, etag: 'a' }] });
    expect(confirmed.json.details.field).not.toBe('parts[0].partNumber');
    expect(confirmed.json.code).not.toBe('invalid_request');
  });

  it('creates jobs with one output, jobs with several outputs, and jobs of a batch', async () => {
    const one = await create({ inputs: INPUTS, output_format: 'webm', metadata: { output_format: 1 } });
    expect([one.status, one.json.output_format, one.json.metadata.user]).toEqual([201, 'webm', { output_format: 1 }]);
    expect(one.json.warnings).toEqual([]);
    const several = await create({ inputs: INPUTS, outputs: [{ output_format: 'mp3' }, { outputFormat: 'mp4' }] });
    expect(several.json.outputs.map(({ format }: { format: string }) => format)).toEqual(['mp3', 'mp4']);
    const jobs = [
      { inputs: INPUTS, output_format: 'mkv' },
      { inputs: INPUTS, output_format: 'mp5' },
    ];
    const { items } = (await api.call('POST', '/v1/transcodes/batch', { jobs })).json;
    expect(items[0].job).toMatchObject({ output_format: 'mkv', warnings: [] });
    expect(items[1].error.details).toMatchObject({ field: 'output_format', near: 'mp4' });
    const valid = await api.call('POST', '/v1/transcodes/validate', { inputs: INPUTS, output_format: 'mp4' });
    expect(valid.json).toMatchObject({ valid: true, warnings: [{ field: 'inputs[0]' }] });
  });

  it('may contain overlay styles in snake_case, which warnings name as they were sent', async () => {
    const { status, json } = await create({ inputs: INPUTS, output_format: 'mp4', options: [TEXT] });
    expect(status).toBe(201);
    const messages = json.warnings.map(({ message }: { message: string }) => message);
    expect(messages).toEqual([expect.stringContaining('style.font_size is 500')]);
  });

  it('is treated like the same request in camelCase for an Idempotency-Key', async () => {
    const headers = { 'idempotency-key': 'spelling' };
    const camel = { ...TEXT, argument: { text: 'a', style: { fontSize: 500, fontColor: 'red' } } };
    const first = await create({ inputs: INPUTS, outputFormat: 'mp4', options: [camel] }, headers);
    const second = await create({ inputs: INPUTS, output_format: 'mp4', options: [TEXT] }, headers);
    expect([second.status, second.json.id]).toEqual([201, first.json.id]);
    const other = await create({ inputs: INPUTS, output_format: 'mov', options: [TEXT] }, headers);
    expect([other.status, other.json.code]).toEqual([409, 'idempotency_conflict']);
    const jobs = (name: string) => ({ jobs: [{ inputs: INPUTS, [name]: 'mp4' }] });
    const batch = (name: string) => api.call('POST', '/v1/transcodes/batch', jobs(name), headers);
    expect((await batch('outputFormat')).json.id).toBe((await batch('output_format')).json.id);
  });
});

describe('a field under both of its names', () => {
  const TWICE = { outputFormat: 'mp4', output_format: 'mp4' };

  it('is rejected with 400 and an error that names the field', async () => {
    const { status, json } = await create({ inputs: INPUTS, ...TWICE });
    expect([status, json.code, json.details.field]).toEqual([400, 'invalid_request', 'output_format']);
    expect(json.message).toBe(
      'Invalid request: output_format: is another name of "outputFormat", which was sent as well; send "output_format" or "outputFormat", not both.',
    );
  });

  it('a field under both of its names in an entry of a batch causes only this entry to be rejected', async () => {
    const jobs = [
      { inputs: INPUTS, ...TWICE },
      { inputs: INPUTS, output_format: 'mp4' },
    ];
    const { items } = (await api.call('POST', '/v1/transcodes/batch', { jobs })).json;
    expect(items.map(({ status }: { status: string }) => status)).toEqual(['refused', 'accepted']);
    expect(items[0].error.details.field).toBe('output_format');
  });
});

describe('an error', () => {
  it('names fields as the client spelled them', async () => {
    const fieldOf = async (path: string, body: object) => (await api.call('POST', path, body)).json.details.field;
    const file = { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 10 };
    const presign = '/v1/upload/presigned-url';
    expect(await fieldOf(presign, { ...file, fileSize: 0 })).toBe('fileSize');
    const { contentType, fileSize, ...rest } = file;
    expect(await fieldOf(presign, { ...rest, content_type: contentType, file_size: 0 })).toBe('file_size');
    expect(await fieldOf(presign, { ...rest, content_type: 'text/html', file_size: fileSize })).toBe('content_type');
    const outputs = [{ outputFormat: 'mp4' }, { output_format: 'mp5' }, { outputFormat: 'mp5' }];
    const { details } = (await create({ inputs: INPUTS, outputs })).json;
    expect(details.issues.map(({ field }: { field: string }) => field)).toEqual([
      'outputs[1].output_format',
      'outputs[2].outputFormat',
    ]);
    expect(details.field).toBe('outputs[1].output_format');
  });
});
