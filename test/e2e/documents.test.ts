import { createConfig, lintFromString } from '@redocly/openapi-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { errors } from '../../src/contract/errors.ts';
import { call, shareService, type TestService } from '../../testkit/service.ts';

const ROUTES = {
  '/health-check': ['get'],
  '/livez': ['get'],
  '/readyz': ['get'],
  '/v1/upload/presigned-url': ['post'],
  '/v1/upload/confirm': ['post'],
  '/v1/transcodes': ['get', 'post'],
  '/v1/transcodes/{id}': ['delete', 'get'],
  '/v1/transcodes/{id}/cancel': ['patch'],
  '/v1/transcodes/{id}/download': ['get'],
  '/v1/keys': ['get', 'post'],
  '/v1/keys/{id}': ['delete'],
  '/v1/keys/{id}/rotate': ['post'],
};
const OPEN = ['/health-check', '/livez', '/readyz', '/v1/setup', '/.well-known/airlock-keys.json'];

/** Paths of the hosted service that Redocly calls ambiguous, because a blueprint could be named "runs". */
const AMBIGUOUS = '#/paths/~1v1~1blueprints~1{slug}~1runs';

describe('the documentation that the API serves', () => {
  let service: TestService;
  // biome-ignore lint/suspicious/noExplicitAny: read field by field
  let document: any;
  beforeAll(async () => {
    service = await shareService();
    document = (await call(`${service.api}/openapi.json`, 'GET', null)).json;
  });

  // biome-ignore lint/suspicious/noExplicitAny: as above
  const operations = (): [string, string, any][] =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as object).map(
        ([method, operation]) => [path, method, operation] as [string, string, unknown],
      ),
    );

  it('the health check has the response of the contract, and needs no key', async () => {
    const response = await call(`${service.api}/health-check`, 'GET', null);
    expect(response.status).toBe(200);
    expect(response.json).toMatchObject({
      ok: true,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      uptime: expect.any(Number),
      supabase: { ok: true, status: 200, statusText: 'OK', connected: true },
      database: { ok: true },
      storage: { ok: true },
      workers: { alive: 1 },
      ffmpeg: { version: expect.stringMatching(/\d/) },
    });
    expect((await call(`${service.api}/livez`, 'GET', null)).json).toEqual({ ok: true });
    expect((await call(`${service.api}/readyz`, 'GET', null)).json).toEqual({ ok: true });
  });

  it('explains every error at the address that the error names', async () => {
    const { json } = await call(`${service.api}/v1/nothing`, 'GET', null);
    const [page, anchor] = json.docs.split('#');
    expect(page).toBe(`${service.api}/docs/errors`);
    const { text } = await call(page, 'GET', null);
    const anchors = new Set([...text.matchAll(/<tr id="([^"]+)"/g)].map(([, id]) => id));
    expect(anchor).toBe('not_found');
    expect(Object.keys(errors).filter((code) => !anchors.has(code))).toEqual([]);
  });

  it('includes an OpenAPI document that breaks none of the rules that Redocly recommends', async () => {
    const config = await createConfig({ extends: ['recommended'] });
    const found = await lintFromString({ source: JSON.stringify(document), config });
    const shown = found.map(({ ruleId, message, location }) => `${ruleId}: ${location[0]?.pointer}: ${message}`);
    expect(shown.filter((problem) => !problem.startsWith(`no-ambiguous-paths: ${AMBIGUOUS}:`))).toEqual([]);
  });

  it('describes every route of the contract, in OpenAPI 3.1', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d$/);
    expect(document.info).toMatchObject({ title: 'Airlock', version: expect.any(String) });
    for (const [path, methods] of Object.entries(ROUTES)) {
      expect([
        path,
        Object.keys(document.paths[path] ?? {})
          .filter((name) => name !== 'head')
          .sort(),
      ]).toEqual([path, methods]);
    }
  });

  it('has no unresolved references', () => {
    const references: string[] = [];
    JSON.stringify(document, (name, value) => {
      if (name === '$ref') references.push(value);
      return value;
    });
    expect(references.length).toBeGreaterThan(10);
    for (const reference of references) {
      expect(reference).toMatch(/^#\//);
      const parts = reference
        .slice(2)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
      const target = parts.reduce((at, part) => at?.[part], document);
      expect([reference, typeof target]).toEqual([reference, 'object']);
    }
  });

  it('includes a valid OpenAPI document: parameters, bodies and responses have the shapes of the specification', () => {
    for (const [path, method, operation] of operations()) {
      const where = `${method} ${path}`;
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      const parameters: { name: string; in: string; required?: boolean; schema: object }[] = operation.parameters ?? [];
      expect([where, parameters.filter((one) => one.in === 'path').map((one) => one.name)]).toEqual([where, inPath]);
      for (const parameter of parameters) {
        expect(['path', 'query', 'header']).toContain(parameter.in);
        expect(parameter.schema).toBeTypeOf('object');
        if (parameter.in === 'path') expect(parameter.required).toBe(true);
      }
      expect([where, typeof operation.summary, Array.isArray(operation.tags)]).toEqual([where, 'string', true]);
      for (const [status, response] of Object.entries(operation.responses as Record<string, { description: string }>)) {
        expect([where, /^([1-5]\d\d|[1-5]XX|default)$/.test(status)]).toEqual([where, true]);
        expect([where, typeof response.description]).toEqual([where, 'string']);
      }
      if (operation.requestBody) expect(operation.requestBody.content['application/json'].schema).toBeTypeOf('object');
    }
    const names = operations()
      .map(([, , operation]) => operation.operationId)
      .filter(Boolean);
    expect(new Set(names).size).toBe(names.length);
  });

  it('describes which routes need a key, and the schema of errors', () => {
    expect(document.components.securitySchemes.key).toMatchObject({ type: 'http', scheme: 'bearer' });
    const expected = (path: string, method: string) => {
      if (path === '/v1/session') return method === 'post' ? [] : [{ session: [] }];
      return OPEN.includes(path) ? [] : [{ key: [] }, { session: [] }];
    };
    for (const [path, method, operation] of operations()) {
      const security = operation.security ?? document.security;
      expect([path, method, security]).toEqual([path, method, expected(path, method)]);
      if (!OPEN.includes(path)) {
        const schema = operation.responses['401']?.content['application/json'].schema;
        expect([path, schema?.$ref]).toEqual([path, '#/components/schemas/Error']);
      }
    }
  });

  it('does not state that unknown fields are rejected', () => {
    const bodies = operations().flatMap(([, , operation]) =>
      operation.requestBody ? [operation.requestBody.content['application/json'].schema] : [],
    );
    expect(bodies.length).toBeGreaterThanOrEqual(4);
    const resolve = (schema: { $ref?: string }): object =>
      schema.$ref ? document.components.schemas[schema.$ref.split('/').at(-1)!] : schema;
    for (const body of bodies) expect(JSON.stringify(resolve(body))).not.toContain('"additionalProperties":false');
  });

  it('describes Idempotency-Key, the redirect and the headers of responses', () => {
    const { paths } = document;
    for (const path of ['/v1/transcodes', '/v1/upload/presigned-url', '/v1/keys']) {
      const names = (paths[path].post.parameters ?? []).map((one: { name: string }) => one.name.toLowerCase());
      expect([path, names]).toEqual([path, expect.arrayContaining(['idempotency-key'])]);
    }
    expect(paths['/v1/transcodes/{id}/download'].get.responses).toHaveProperty('302');
    expect(paths['/v1/transcodes'].post.responses['201'].headers).toHaveProperty('Location');
    expect(paths['/v1/transcodes'].get.responses['200'].headers).toHaveProperty('X-Total-Count');
  });

  it.each(['/docs', '/docs/recipes/video', '/docs/api/reference'])(
    'includes %s, which needs no key and may load only its own files',
    async (path) => {
      const response = await fetch(`${service.api}${path}`);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      const policy = response.headers.get('content-security-policy');
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(policy).not.toMatch(/unsafe|https?:/);
      const html = await response.text();
      const parts = [...html.matchAll(/(?:src|href|data-\w+)="([^"]+\.(?:js|css|json))"/g)].map(
        (match) => new URL(match[1]!, response.url),
      );
      expect(parts.length).toBeGreaterThan(2);
      for (const part of parts) expect([part.pathname, (await fetch(part)).status]).toEqual([part.pathname, 200]);
    },
  );

  it('includes redirects from the former addresses of the API reference below /docs', async () => {
    for (const name of ['json', 'yaml', 'static/index.html']) {
      const response = await fetch(`${service.api}/docs/${name}`, { redirect: 'manual' });
      expect([response.status, response.headers.get('location')]).toEqual([301, `/docs/api/reference/${name}`]);
    }
  });

  it('returns a page to people and an error to programs for an unknown path', async () => {
    const page = await fetch(`${service.api}/docs/nothing`, { headers: { accept: 'text/html' } });
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    for (const path of ['nothing', '.sources', '..%2fairlock.js', 'assets', 'assets/..%2findex.html']) {
      const response = await fetch(`${service.api}/docs/${path}`);
      expect([path, response.status, await response.json()]).toMatchObject([path, 404, { code: 'not_found' }]);
    }
  });

  it('includes a list of its pages for language models, whose links lead to Markdown', async () => {
    const text = await (await fetch(`${service.api}/llms.txt`)).text();
    const links = [...text.matchAll(/\]\(([^)]+\.md)\)/g)].map((match) => match[1]!);
    expect(links).toContain('/docs/getting-started.md');
    for (const link of links) {
      const response = await fetch(new URL(link, service.api));
      expect([link, response.headers.get('content-type')]).toEqual([link, 'text/markdown; charset=utf-8']);
    }
    expect(await (await fetch(`${service.api}/llms-full.txt`)).text()).toContain('# Getting started');
  });

  it('includes the Markdown of each page at the page’s address with .md, with links that lead to Markdown', async () => {
    const { text } = await call(`${service.api}/docs/recipes.md`, 'GET', null);
    expect(text).toMatch(/^# Recipes\n/);
    const links = [...text.matchAll(/\]\(([^)#]+)/g)].map((match) => match[1]!);
    expect(links).toContain('/docs/recipes/video.md');
    for (const link of links) expect([link, (await fetch(new URL(link, service.api))).status]).toEqual([link, 200]);
  });
});
