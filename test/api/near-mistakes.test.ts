import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { batchBody } from '../../src/contract/batches.ts';
import { unwrapSchema } from '../../src/contract/common.ts';
import { describeIssue } from '../../src/contract/faults/describe-issue.ts';
import { createKeyBody } from '../../src/contract/keys.ts';
import { multipartBody } from '../../src/contract/multipart.ts';
import { createBody } from '../../src/contract/transcodes.ts';
import { transcribeBody } from '../../src/contract/transcriptions.ts';
import { uploadTokenBody } from '../../src/contract/upload-tokens.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const URL = 'https://example.org/a.mp4';
const INPUTS = [{ url: URL }];

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const post = (path: string, body: unknown) => api.call('POST', path, body);

describe('an item of a list with another type', () => {
  it.each([
    [{ ladder: [360] }, 'ladder[0]', 'is the number 360, not an object', '{"height":360}'],
    [{ ladder: ['720'] }, 'ladder[0]', 'is text, not an object', '{"height":720}'],
    [{ ladder: [null] }, 'ladder[0]', 'is null', '{"height":720}'],
    [{ ladder: [[720]] }, 'ladder[0]', 'is a list, not an object', '{"height":720}'],
    [{ ladder: 720 }, 'ladder', 'is the number 720', '[{"height":720}]'],
    [{ ladder: { height: 720 } }, 'ladder', 'is an object', '[{"height":720}]'],
    [{ inputs: [URL] }, 'inputs[0]', 'is text, not an object', `{"url":"${URL}"}`],
    [{ inputs: URL }, 'inputs', 'is text, not a list', `[{"url":"${URL}"}]`],
    [{ inputs: { url: URL } }, 'inputs', 'is an object, not a list', `[{"url":"${URL}"}]`],
    [{ options: ['-crf 20'] }, 'options[0]', 'is text, not an object', '{"option":"-crf","argument":"20"}'],
    [{ filters: ['scale=640:-2'] }, 'filters[0]', 'is text, not an object', '{"filter":"scale=640:-2"}'],
    [{ filters: 'hflip' }, 'filters', 'is text, not a list', '[{"filter":"hflip"}]'],
    [{ metadata: 'order 17' }, 'metadata', 'is text, not an object', '{"name":"text"}'],
  ])(
    'an item of a list with another type in %j is rejected with an example of an accepted item',
    async (more, field, reason, example) => {
      const format = 'ladder' in more ? 'hls' : 'mp4';
      const { status, json } = await post('/v1/transcodes', { inputs: INPUTS, outputFormat: format, ...more });
      expect([status, json.code, json.details.field]).toEqual([400, 'invalid_request', field]);
      expect(json.details.reason).toContain(reason);
      expect(json.details.remedy).toContain(example);
      expect(json.message).toContain(example);
    },
  );
});

describe('a list or an object of a request', () => {
  const BODIES = {
    batchBody,
    createBody,
    createKeyBody,
    multipartBody,
    transcribeBody,
    uploadTokenBody,
  };
  /** Returns every list and every object in a schema, with its path. */
  function containersOf(
    schema: z.ZodType,
    path: readonly string[] = [],
  ): { path: readonly string[]; inner: z.ZodType }[] {
    const inner = unwrapSchema(schema);
    if (inner instanceof z.ZodUnion) return inner.options.flatMap((one) => containersOf(one as z.ZodType, path));
    if (inner instanceof z.ZodRecord) return [{ path, inner }];
    if (inner instanceof z.ZodArray)
      return [{ path, inner }, ...containersOf(inner.element as z.ZodType, [...path, '0'])];
    if (!(inner instanceof z.ZodObject)) return [];
    const below = Object.entries(inner.shape).flatMap(([name, field]) =>
      containersOf(field as z.ZodType, [...path, name]),
    );
    return path.length > 0 ? [{ path, inner }, ...below] : below;
  }
  /** Puts `true` at a path of a request. Returns the request, and the first issue at that path that is not a custom rule. */
  function issueAt(schema: z.ZodType, path: readonly string[]) {
    const value = path.reduceRight<unknown>((rest, key) => (key === '0' ? [rest] : { [key]: rest }), true);
    const issues = schema.safeParse(value).error?.issues ?? [];
    return { value, issue: issues.find((one) => one.path.join('.') === path.join('.') && one.code !== 'custom') };
  }
  const FIELDS = Object.entries(BODIES).flatMap(([name, body]) => {
    const schema = body as z.ZodType;
    return containersOf(schema).flatMap(({ path, inner }) => {
      const { value, issue } = issueAt(schema, path);
      return issue ? [{ field: `${name}.${path.join('.')}`, sent: { name: 'body', value, schema }, issue, inner }] : [];
    });
  });

  it.each(FIELDS)(
    'is described by an example that is accepted, if true was sent for $field',
    ({ sent, issue, inner }) => {
      const { remedy, near } = describeIssue(issue, sent);
      const shown = [...remedy.matchAll(/such as ([[{].*?[\]}])(?= or |, a|$)/g)].map(([, text]) => JSON.parse(text!));
      const examples = near === undefined ? shown : [near];
      expect([remedy, examples.some((example) => inner.safeParse(example).success)]).toEqual([remedy, true]);
    },
  );

  it('occurs in more than 40 fields of the requests', () => {
    expect(FIELDS.length).toBeGreaterThan(40);
  });
});

describe('an upload without a type', () => {
  it.each([
    ['clip.mpx', '.mpx', '".mp4"'],
    ['clip.mpp4', '.mpp4', '".mp4"'],
    ['clip.mp44', '.mp44', '".mp4"'],
    ['clip.wbem', '.wbem', '".webm"'],
    ['clip.mkvv', '.mkvv', '".mkv"'],
    ['clip.jpgg', '.jpgg', '".jpg"'],
    ['Clip.MOVV', '.movv', '".mov"'],
    ['clip.xyz9', '.xyz9', 'Declare the type of the file, such as "video/mp4", or use one of the extensions mp4'],
    ['a.tar.zzzz', '.zzzz', 'or use one of the extensions'],
    ['README', 'has no extension', 'or use one of the extensions'],
  ])(
    'the error for an upload without a type names the unknown extension of %s and the likely extension',
    async (filename, problem, advice) => {
      for (const path of ['/v1/upload/presigned-url', '/v1/upload/multipart']) {
        const { status, json } = await post(path, { filename, content_type: '', file_size: 10 });
        expect([status, json.code, json.details.field]).toEqual([400, 'invalid_file_type', 'content_type']);
        expect(json.details.reason).toContain(problem);
        expect(json.details.remedy).toContain(advice);
      }
    },
  );
});

describe('a field in the wrong place or with the name of another service', () => {
  const LOGO = 'https://example.org/logo.png';
  it.each([
    [{ inputs: { video_url: URL, logo_url: LOGO } }, 'inputs.video_url'],
    [{ input: { video_url: URL, logo_url: LOGO } }, 'input.video_url'],
    [{ inputs: [{ video_url: URL }], logo_url: LOGO }, 'inputs[0].video_url'],
    [{ inputs: [{ url: URL }], logo_url: LOGO }, 'inputs[0].url'],
    [{ params: { videoUrl: URL }, logo_url: LOGO }, 'params.videoUrl'],
    [{ url: URL, logo_url: LOGO }, 'url'],
    [{ media_url: URL, logo_url: LOGO }, 'media_url'],
    [{ video: URL, logo_url: LOGO }, 'video'],
    [{ vidoe_url: URL, logo_url: LOGO }, 'vidoe_url'],
    [{ input_url: URL, logo_url: LOGO }, 'input_url'],
  ])('a misplaced or foreign field of a run is named: %j', async (body, near) => {
    const { status, json } = await post('/v1/blueprints/watermark/runs', body);
    expect([status, json.details.field, json.details.near]).toEqual([400, 'video_url', near]);
    expect(json.details.reason).toBe(`is missing, but "${near}" was sent`);
    expect(json.details.remedy).toMatch(
      /^(?:Rename ".*" to "video_url"|Send "video_url" as a field of the body itself, not of ".*")$/,
    );
  });

  it.each(['url', 'uri', 'file_url', 'mediaUri', 'source', 'src', 'input', 'input_url', 'media', 'meda_url'])(
    'a misplaced or foreign field of a transcription is named: %s',
    async (name) => {
      const { status, json } = await post('/v1/transcribe', { [name]: URL });
      expect([status, json.details]).toEqual([
        400,
        expect.objectContaining({ field: 'media_url', near: name, remedy: `Rename "${name}" to "media_url"` }),
      ]);
    },
  );
});
