import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { batchBody } from '../contract/batches.ts';
import { ApiError } from '../contract/errors.ts';
import { MAX_BODY_VALUES } from '../contract/request-budget.ts';
import { createBody } from '../contract/transcodes.ts';
import { confirmBody, presignBody } from '../contract/uploads.ts';
import { comparableBody, readSpelling, withSentNames } from './field-spelling.ts';

const INPUTS = [{ url: 'https://example.org/a.mp4' }];
const read = (schema: z.ZodType, body: unknown) => readSpelling(schema, body);
const fieldOf = (names: ReadonlyMap<string, string>, field: string) =>
  (withSentNames(new ApiError('invalid_request', { field }), names).details as { field: string }).field;

describe('a field of a request', () => {
  it('may be named in snake_case, at any depth', () => {
    const presign = read(presignBody, { filename: 'a.mp4', content_type: 'video/mp4', file_size: 3 });
    expect(presign.body).toEqual({ filename: 'a.mp4', contentType: 'video/mp4', fileSize: 3 });
    const parts = read(confirmBody, { upload_id: 'x', parts: [{ part_number: 1, etag: 'a' }, { PartNumber: 2 }] });
    expect(parts.body).toEqual({ uploadId: 'x', parts: [{ partNumber: 1, etag: 'a' }, { PartNumber: 2 }] });
    const outputs = read(createBody, { inputs: INPUTS, outputs: [{ output_format: 'mp4' }, { outputFormat: 'webm' }] });
    expect(outputs.body).toEqual({ inputs: INPUTS, outputs: [{ outputFormat: 'mp4' }, { outputFormat: 'webm' }] });
  });

  it('keeps its name where the schema names no fields', () => {
    const body = {
      inputs: INPUTS,
      outputFormat: 'mp4',
      metadata: { output_format: 1, outputFormat: 2, nested: { file_size: 3 } },
      options: [{ option: '@text-overlay', argument: { output_format: 4, style: { font_size: 20 } } }],
      file_size: 5,
    };
    expect(read(createBody, body)).toMatchObject({ body, error: null });
    const jobs = [{ output_format: 'mp4', outputFormat: 'mp4' }, 7, null];
    expect(read(batchBody, { jobs })).toMatchObject({ body: { jobs }, error: null });
  });

  it('is rejected if it is sent under both names, with the path of the name in snake_case', () => {
    const { error } = read(createBody, { outputs: [{ outputFormat: 'mp4', output_format: 'mp4' }] });
    expect([error?.status, error?.details]).toEqual([
      400,
      {
        field: 'outputs[0].output_format',
        reason: 'is another name of "outputFormat", which was sent as well',
        remedy: 'Send "output_format" or "outputFormat", not both',
      },
    ]);
  });

  it('is named in errors as the client sent it', () => {
    const { sentNames } = read(createBody, { output_format: 1, outputs: [{ outputFormat: 1 }, { output_format: 1 }] });
    expect(fieldOf(sentNames, 'outputFormat')).toBe('output_format');
    expect(fieldOf(sentNames, 'outputs[0].outputFormat')).toBe('outputs[0].outputFormat');
    expect(fieldOf(sentNames, 'outputs[1].outputFormat')).toBe('outputs[1].output_format');
    expect(fieldOf(sentNames, 'outputFormats')).toBe('outputFormats');
    const nested = z.object({ fileList: z.array(z.object({ fileSize: z.number() })) });
    const names = read(nested, { file_list: [{ file_size: 1 }] }).sentNames;
    expect(fieldOf(names, 'fileList[0].fileSize')).toBe('file_list[0].file_size');
  });

  it('never changes a prototype, even if it is named `__proto__` or `constructor`', () => {
    const sent = JSON.parse('{"__proto__": {"outputFormat": "mp4"}, "constructor": {"a": 1}, "output_format": "webm"}');
    const { body } = read(createBody, sent);
    expect(Object.getPrototypeOf(body)).toBe(Object.prototype);
    expect(Object.keys(body as object)).toEqual(['__proto__', 'constructor', 'outputFormat']);
    const inherited = JSON.parse('{"to_string": 1, "has_own_property": 2, "value_of": 3}');
    expect(read(createBody, inherited).body).toEqual(inherited);
  });

  it('takes little time to rename, even in the largest body that is accepted', () => {
    const parts = Array.from({ length: MAX_BODY_VALUES / 2 }, (_, index) => ({ part_number: index }));
    const started = process.cpuUsage();
    const { body, sentNames } = read(confirmBody, { parts });
    const { user } = process.cpuUsage(started);
    expect((body as { parts: unknown[] }).parts[2]).toEqual({ partNumber: 2 });
    expect(sentNames.size).toBe(parts.length);
    expect(user / 1000).toBeLessThan(200);
  });
});

describe('two requests', () => {
  const style = (name: string) => ({
    inputs: INPUTS,
    options: [{ option: '@text-overlay', argument: { text: 'a', style: { [name]: 20 } } }],
  });

  it('are equal if only the spelling of their fields and styles differs', () => {
    const one = comparableBody(createBody, { ...style('font_size'), output_format: 'mp4' });
    expect(one).toEqual(comparableBody(createBody, { ...style('fontSize'), outputFormat: 'mp4' }));
    expect(one).toEqual({ ...style('fontSize'), outputFormat: 'mp4' });
  });

  it('differ if their metadata differs in spelling', () => {
    const of = (metadata: object) => comparableBody(createBody, { inputs: INPUTS, metadata });
    expect(of({ file_size: 1 })).not.toEqual(of({ fileSize: 1 }));
  });
});
