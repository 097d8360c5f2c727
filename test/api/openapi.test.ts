import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import spectralCore from '@stoplight/spectral-core';
import spectralRulesets from '@stoplight/spectral-rulesets';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Airlock } from '../../sdk/src/index.ts';
import { blocks, readPage } from '../docs/pages.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const { Spectral } = spectralCore;
const { oas } = spectralRulesets;

// biome-ignore lint/suspicious/noExplicitAny: read field by field
type Json = any;

/** Name of the schema that lists the jobs of a kind, by the prefix of the kind's events. */
const LISTS: Record<string, string> = {
  transcode: 'JobList',
  transcription: 'TranscriptionJobList',
  blueprint: 'BlueprintRunJobList',
};

let api: TestApi;
let document: Json;
beforeAll(async () => {
  api = await startApi();
  document = (await api.call('GET', '/openapi.json')).json;
});
afterAll(() => api?.close());

/** Returns every operation of the document, which describes no HEAD. */
const operations = (of: Json = document): [string, Json][] =>
  Object.entries(of.paths).flatMap(([path, item]) =>
    Object.entries(item as object).map(([method, operation]): [string, Json] => [`${method} ${path}`, operation]),
  );

/** Returns every schema in the document, with its path. */
function schemas(): [string, Json][] {
  const found: [string, Json][] = [];
  const visit = (where: string, value: Json): void => {
    if (value === null || typeof value !== 'object') return;
    if (value.properties && typeof value.properties === 'object') found.push([where, value]);
    for (const [key, item] of Object.entries(value)) {
      if (key !== 'example' && key !== 'examples') visit(`${where}/${key}`, item);
    }
  };
  visit('', document);
  return found;
}

const media = (of: Json = document) =>
  operations(of).flatMap(([where, { requestBody, responses }]) =>
    [['request', requestBody], ...Object.entries(responses)].flatMap(([status, one]: Json) =>
      one?.content ? [[`${where} ${status}`, one.content['application/json']] as [string, Json]] : [],
    ),
  );

/** Validators by the text of their schema. They are cached, because most responses share a few schemas. */
const checks = new Map<string, z.ZodType>();

function checkOf(schema: Json): z.ZodType {
  const text = JSON.stringify(schema);
  const check = checks.get(text) ?? z.fromJSONSchema(standalone(text));
  checks.set(text, check);
  return check;
}

/** Returns a JSON Schema that contains every schema it refers to. */
function standalone(schema: string): Json {
  const used = new Map<string, string>();
  addReferences(schema, used);
  const definitions = [...used].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  const complete = `${schema.slice(0, -1)},"$defs":{${definitions.join()}}}`;
  return JSON.parse(complete.replaceAll('#/components/schemas/', '#/$defs/'));
}

/** Adds to `used` the text of every schema that `text` refers to, directly or through another schema. */
function addReferences(text: string, used: Map<string, string>): void {
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (used.has(name!)) continue;
    const referred = JSON.stringify(document.components.schemas[name!]);
    used.set(name!, referred);
    addReferences(referred, used);
  }
}

describe('the OpenAPI document', () => {
  it('names at least one server, and gives every operation a unique id, a summary and a described tag', () => {
    const ids = operations().map(([, { operationId }]) => operationId);
    for (const id of ids) expect(id).toMatch(/^[a-z]+[A-Z][A-Za-z]+$/);
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.servers.length).toBeGreaterThan(0);
    const tags = document.tags.map(({ name, description }: Json) => [name, typeof description]);
    for (const [where, { tags: own, summary }] of operations()) {
      expect([where, tags]).toEqual([where, expect.arrayContaining([[own[0], 'string']])]);
      expect([where, summary]).toEqual([where, expect.any(String)]);
    }
  });

  it('describes every operation', () => {
    const bare = operations().filter(([, { description }]) => !/^[A-Z`].*\.$/s.test(description ?? ''));
    expect(bare.map(([where]) => where)).toEqual([]);
  });

  it('has only patterns that are valid without flags, and without Unicode properties', () => {
    const patterns = [...JSON.stringify(document).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(([, text]) =>
      JSON.parse(text!),
    );
    expect(patterns.length).toBeGreaterThan(3);
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern)).not.toThrow();
      expect(pattern).not.toMatch(/\\[pPu]\{?/);
    }
  });

  it('has the header Idempotency-Key on every operation that creates something', () => {
    const keyed = operations().filter(([, { parameters = [] }]) =>
      parameters.some(({ name }: Json) => name === 'Idempotency-Key'),
    );
    expect(keyed.map(([where]) => where).sort()).toEqual(
      [
        ...['post /v1/commands', 'post /v1/keys', 'post /v1/keys/{id}/rotate', 'post /v1/transcodes'],
        ...['post /v1/transcodes/batch', 'post /v1/upload/multipart', 'post /v1/upload/presigned-url'],
        ...['post /v1/templates', 'post /v1/webhooks', 'post /v1/connections', 'post /v1/blueprints/{slug}/runs'],
        ...['post /v1/transcribe', 'post /v1/admin/accounts', 'post /v1/upload/tokens'],
        'post /v1/transcodes/{id}/retry',
      ].sort(),
    );
    for (const [where, { responses }] of keyed)
      expect([where, Object.keys(responses)]).toEqual([where, expect.arrayContaining(['409'])]);
  });

  it('lists the operations to which the SDK adds an Idempotency-Key', async () => {
    const sent: string[] = [];
    const airlock = new Airlock({
      url: 'http://127.0.0.1',
      key: 'none',
      fetch: async (url, init) => {
        if (new Headers(init?.headers).has('idempotency-key')) sent.push(new URL(String(url)).pathname);
        return new Response('{}', { headers: { 'content-type': 'application/json' } });
      },
    });
    const posts = operations().flatMap(([where]) => (where.startsWith('post ') ? [where.slice(5)] : []));
    for (const path of posts) await airlock.request('POST', path.replace(/\{\w+\}/, 'x'), { body: {} });
    const documented = operations().flatMap(([where, { parameters = [] }]) =>
      parameters.some(({ name }: Json) => name === 'Idempotency-Key') ? [where.slice(5).replace(/\{\w+\}/, 'x')] : [],
    );
    expect(sent.sort()).toEqual(documented.sort());
  });

  it('shows every operation in curl, TypeScript and Python, in code that can be parsed', async () => {
    const samples = operations().map(
      ([where, operation]) => [where, operation['x-codeSamples'] ?? []] as [string, Json],
    );
    for (const [where, list] of samples) {
      expect([where, list.map(({ lang }: Json) => lang)]).toEqual([where, ['Shell', 'TypeScript', 'Python']]);
    }
    const sources = (lang: string) =>
      samples.flatMap(([, list]) => list.flatMap((one: Json) => (one.lang === lang ? [one.source] : [])));
    // Checks the syntax of each sample as a function, which is not run. One shell reads all samples.
    const parse = 'for sample; do eval "parsed() { $sample\n}" || exit 1; done';
    await promisify(execFile)('bash', ['-c', parse, 'bash', ...sources('Shell')]);
    const python = 'import json, sys\nfor source in json.loads(sys.argv[1]): compile(source, source, "exec")';
    await promisify(execFile)('python3', ['-c', python, JSON.stringify(sources('Python'))]);
    const faults = sources('TypeScript').flatMap((source) => {
      const { diagnostics = [] } = ts.transpileModule(source, { reportDiagnostics: true });
      return diagnostics.map(({ messageText }) => [source, messageText]);
    });
    expect(faults).toEqual([]);
  });

  it('is sent without indentation', async () => {
    expect((await api.call('GET', '/openapi.json')).text).toBe(JSON.stringify(document));
  });

  it('describes every response', () => {
    const described = operations().flatMap(([name, { responses }]) =>
      Object.entries<Json>(responses).map(([status, { description }]) => [name, status, description]),
    );
    expect(described.filter(([, , text]) => !text || text.includes('Default Response'))).toEqual([]);
  });

  it('has at most 64 KiB when it is compressed with Brotli', () => {
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } };
    expect(brotliCompressSync(JSON.stringify(document), quality).length).toBeLessThan(64 * 1024);
  });

  it('breaks none of the rules that Spectral recommends', async () => {
    const spectral = new Spectral();
    spectral.setRuleset({ extends: [oas as never] });
    // The tests below check the JSON examples. They take a tenth of the time of Spectral, which compiles a schema for each example.
    const reviewed = structuredClone(document);
    for (const [, one] of media(reviewed)) for (const field of ['example', 'examples']) delete one[field];
    const found = await spectral.run(reviewed);
    expect(found.map(({ code, path, message }) => `${code}: ${path.join('/')}: ${message}`)).toEqual([]);
  });

  it('describes the jobs and batches that docs/events.md shows', () => {
    const events = blocks(readPage('docs/events.md').text, ['json']).map((block) => JSON.parse(block));
    const withJob = events.filter(({ data }) => data.job);
    expect(withJob).toHaveLength(9);
    for (const { type, data } of withJob) {
      const { $ref } = document.components.schemas[LISTS[type.split('.')[0]]!].properties.items.items;
      const check = checkOf({ $ref });
      expect([type, check.safeParse(data.job).error?.issues ?? []]).toEqual([type, []]);
    }
  });

  it('contains the paths that return 501, and the errors that only some operations return', () => {
    for (const path of ['/v1/transcribe', '/v1/blueprints/{slug}/runs']) {
      const [operation]: Json[] = Object.values(document.paths[path]);
      expect([path, Object.keys(operation.responses)]).toEqual([path, expect.arrayContaining(['501'])]);
    }
    expect(Object.keys(document.paths['/v1/events'].get.responses)).toContain('410');
    const forbidden = (path: string, method: string) =>
      document.paths[path][method].responses['403'].content['application/json'].examples.forbidden.value.details.scope;
    expect([forbidden('/v1/keys', 'get'), forbidden('/v1/upload/multipart', 'post')]).toEqual(['admin', 'upload']);
  });

  it('describes every property and every parameter', () => {
    const bare: string[] = [];
    for (const [where, { properties }] of schemas()) {
      for (const [name, property] of Object.entries<Json>(properties)) {
        const target = property.$ref && document.components.schemas[property.$ref.split('/').at(-1)];
        if (!property.description && !target?.description) bare.push(`${where}/${name}`);
      }
    }
    for (const [where, { parameters = [] }] of operations()) {
      for (const one of parameters) if (!one.description && !one.schema.description) bare.push(`${where} ${one.name}`);
    }
    for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
      if (!schema.description) bare.push(name);
    }
    expect(bare).toEqual([]);
  });

  it('has one schema per type, and no unused schema', () => {
    const names = Object.keys(document.components.schemas);
    const text = JSON.stringify(document);
    expect(names.filter((name) => names.includes(`${name}Input`) || name.endsWith('RequestInput'))).toEqual([]);
    expect(names.filter((name) => !text.includes(`"#/components/schemas/${name}"`))).toEqual([]);
    const shapes = names.map((name) => JSON.stringify({ ...document.components.schemas[name], description: '' }));
    expect(names.filter((_, index) => shapes.indexOf(shapes[index]!) !== index)).toEqual([]);
  });

  it('has an enum for every value that has a fixed set', () => {
    const { TranscodeRequest, PresignRequest, JobStatus, FailureCode, Error: body } = document.components.schemas;
    expect(TranscodeRequest.properties.output_format.anyOf[0].enum).toContain('mkv');
    expect(PresignRequest.properties.content_type.enum).toContain('audio/mpeg');
    expect(JobStatus.enum).toEqual(['pending', 'processing', 'completed', 'failed', 'canceled']);
    expect(FailureCode.enum).toContain('invalid_media');
    expect(body.properties.code.enum).toContain('transcription_not_configured');
  });

  it('has the id, the kind of object and `deleted` in the response to every DELETE', () => {
    const deletions = operations().filter(([where, { responses }]) => where.startsWith('delete ') && responses['200']);
    expect(deletions.length).toBeGreaterThan(5);
    for (const [where, { responses }] of deletions) {
      const { $ref } = responses['200'].content['application/json'].schema;
      const schema = document.components.schemas[$ref.split('/').at(-1)];
      expect([where, schema.required]).toEqual([where, expect.arrayContaining(['id', 'object', 'deleted'])]);
    }
  });

  it('names each field once, so that generators that normalize names find no duplicate', () => {
    const normalized = (name: string) => name.replaceAll(/\W|_/g, '').toLowerCase();
    const repeated = (names: string[]) => {
      const all = names.map(normalized);
      return names.filter((_, index) => all.indexOf(all[index]!) !== index);
    };
    for (const [where, { properties }] of schemas())
      expect([where, repeated(Object.keys(properties))]).toEqual([where, []]);
    expect(repeated(Object.keys(document.components.schemas))).toEqual([]);
  });

  it('names fields of requests in snake_case, and describes their other names', () => {
    const { OutputRequest, PresignRequest, SentPart } = document.components.schemas;
    expect(Object.keys(OutputRequest.properties)).toContain('output_format');
    expect(PresignRequest).toMatchObject({ required: ['filename', 'content_type', 'file_size'] });
    expect([Object.keys(SentPart.properties), SentPart.required]).toEqual([
      ['part_number', 'etag'],
      ['part_number', 'etag'],
    ]);
    const sent = media().filter(([where]) => where.endsWith(' request'));
    expect(sent.flatMap(([, { example }]) => JSON.stringify(example).match(/"[a-z]+[A-Z]\w*":/g) ?? [])).toEqual([]);
    expect(document.info.description).toMatch(/`output_format`[\s\S]*`outputFormat`[\s\S]*`PartNumber`/);
  });

  it('marks fields as deprecated that only repeat another field for clients of the hosted service', () => {
    const { Job, ConfirmResult, Health } = document.components.schemas;
    const duplicates = [Job.properties.jobId, ConfirmResult.properties.gcsUrl, Health.properties.supabase];
    expect(duplicates.map(({ deprecated }) => deprecated)).toEqual(duplicates.map(() => true));
  });

  it('has a valid example for every request and response', () => {
    expect(media().length).toBeGreaterThan(80);
    for (const [where, { schema, example, examples }] of media()) {
      const values = example === undefined ? Object.values<Json>(examples ?? {}).map(({ value }) => value) : [example];
      expect([where, values.length > 0]).toEqual([where, true]);
      const check = checkOf(schema);
      for (const value of values) expect([where, check.safeParse(value).error?.issues ?? []]).toEqual([where, []]);
    }
  });

  it('lists the errors of every operation by status, without a range of statuses', () => {
    for (const [where, { responses, security, requestBody }] of operations()) {
      const statuses = Object.keys(responses);
      expect([where, statuses.filter((status) => !/^\d{3}$/.test(status))]).toEqual([where, []]);
      const keyed = security === undefined ? ['401', '403', '429'] : ['403'];
      const expected = [...keyed, '500', '503', ...(requestBody ? ['400', '413', '415'] : [])];
      expect([where, statuses]).toEqual([where, expect.arrayContaining(expected)]);
    }
    const unlimited = operations().filter(([, { responses }]) => {
      const examples = Object.keys(responses['429']?.content['application/json'].examples ?? {});
      return !['rate_limit_exceeded', 'concurrency_exceeded'].every((code) => examples.includes(code));
    });
    expect(unlimited.map(([where]) => where)).toEqual(['get /livez']);
    const { responses } = document.paths['/v1/transcodes'].post;
    expect(Object.keys(responses)).toEqual(expect.arrayContaining(['402', '409', '422', '507']));
    expect(Object.keys(responses['422'].content['application/json'].examples)).toContain('option_refused');
  });
});
