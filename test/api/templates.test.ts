import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readStoredBytes } from '../../src/accounts/stored-bytes.ts';
import { MAX_TEMPLATE_VERSIONS } from '../../src/contract/templates.ts';
import { openFullRequest } from '../../src/kinds/transcode/request.ts';
import { sealVersion } from '../../src/templates/stored-template.ts';
import { blocks, readPage } from '../docs/pages.ts';
import { startApi, type TestApi } from '../helpers/api.ts';

const WEB = { outputFormat: 'mp4', preset: { quality: 'high', resolution: '720p' } };

describe('templates', () => {
  const documented = blocks(readPage('docs/templates.md').text, ['json']).map((block) => JSON.parse(block));

  let api: TestApi;
  let url: string;

  beforeAll(async () => {
    api = await startApi();
    url = await api.upload();
  });
  beforeEach(() => api.database.pg.query('DELETE FROM templates'));
  afterAll(() => api?.close());

  const save = (name: string, request: object = WEB, more: object = {}) =>
    api.call('POST', '/v1/templates', { name, request, ...more });
  const replace = (name: string, request: object) => api.call('PUT', `/v1/templates/${name}`, { request });
  const create = (body: object) => api.call('POST', '/v1/transcodes', { inputs: [{ url }], ...body });
  /** Returns the request that a worker reads from a job. */
  const requestOf = async (id: string) => {
    const job = await api.database.db.selectFrom('jobs').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    return openFullRequest(api.context.vault, job);
  };
  const otherKey = async () => `Bearer ${await api.makeKey({ account: await api.makeAccount() })}`;

  it('are created, listed with the built-in templates, read and deleted', async () => {
    const made = await save('web', WEB, { description: 'For the shop' });
    expect([made.status, made.headers.get('location')]).toEqual([201, '/v1/templates/web']);
    const at = expect.stringMatching(/^\d{4}-.*Z$/);
    const summary = { name: 'web', version: 1, description: 'For the shop', built_in: false };
    expect(made.json).toEqual({
      ...{ ...summary, request: WEB, versions: [{ version: 1, created_at: at }] },
      ...{ created_at: at, updated_at: at },
    });
    expect((await api.call('GET', '/v1/templates/web')).json).toEqual(made.json);
    const list = await api.call('GET', '/v1/templates');
    expect(list.json.items[0]).toEqual({ ...summary, created_at: at, updated_at: at });
    expect(list.json.items.slice(1).map((one: { name: string }) => one.name)).toEqual(
      expect.arrayContaining([
        'airlock/archive',
        'airlock/hls',
        'airlock/podcast',
        'airlock/social-9x16',
        'airlock/voice',
        'airlock/web',
      ]),
    );
    const deleted = await api.call('DELETE', '/v1/templates/web');
    expect([deleted.status, deleted.json]).toEqual([200, { id: 'web', object: 'template', deleted: true }]);
    expect((await api.call('GET', '/v1/templates/web')).status).toBe(404);
    expect((await api.call('DELETE', '/v1/templates/web')).status).toBe(404);
    expect((await save('web')).json.version).toBe(1);
    const { rows } = await api.database.pg.query(
      `SELECT action FROM audit_log WHERE action LIKE 'template.%' ORDER BY seq DESC LIMIT 3`,
    );
    expect(rows.map(({ action }) => action)).toEqual(['template.created', 'template.deleted', 'template.created']);
  });

  it('are listed page by page without repeats or gaps', async () => {
    await save('b');
    await save('a');
    const names: string[] = [];
    let next: string | null = null;
    do {
      const page = await api.call('GET', `/v1/templates?limit=2${next ? `&after=${next}` : ''}`);
      names.push(...page.json.items.map((one: { name: string }) => one.name));
      next = page.json.next;
    } while (next);
    expect(names.slice(0, 2)).toEqual(['a', 'b']);
    expect(names).toEqual([...new Set(names)]);
    expect(names.filter((name) => name.startsWith('airlock/')).length).toBeGreaterThanOrEqual(5);
  });

  it('are accepted as docs/templates.md prints them, and complete requests as the page describes', async () => {
    const [template] = documented.filter((body) => 'name' in body);
    expect((await api.call('POST', '/v1/templates', template)).status).toBe(201);
    const jobs = documented.filter((body) => 'inputs' in body);
    const [, changed, merged] = await Promise.all(
      jobs.map(async (body) => {
        const created = await api.call('POST', '/v1/transcodes', { ...body, inputs: [{ url }] });
        expect([created.status, created.json.warnings]).toEqual([201, []]);
        return requestOf(created.json.id);
      }),
    );
    expect(jobs).toHaveLength(3);
    expect(changed).toEqual(merged);
  });

  it('keep every version, and a job uses the newest version unless the request names another', async () => {
    await save('web');
    const second = await replace('web', { outputFormat: 'webm' });
    expect([second.status, second.json.version]).toEqual([200, 2]);
    expect(second.json.versions.map((one: { version: number }) => one.version)).toEqual([2, 1]);
    expect((await api.call('GET', '/v1/templates/web@1')).json).toMatchObject({ version: 1, request: WEB });
    const newest = (await create({ template: 'web' })).json;
    expect([newest.template, newest.output_format]).toEqual(['web@2', 'webm']);
    const first = (await create({ template: 'web@1' })).json;
    expect([first.template, first.output_format, first.ffmpeg_options.preset]).toEqual(['web@1', 'mp4', WEB.preset]);
  });

  it('store no second version when the same request is repeated', async () => {
    await save('web');
    expect((await replace('web', { output_format: 'mp4', preset: WEB.preset })).json.version).toBe(1);
    expect((await replace('web', { outputFormat: 'mp4' })).json.version).toBe(2);
    const headers = { 'idempotency-key': 'one' };
    const made = await api.call('POST', '/v1/templates', { name: 'again', request: WEB }, headers);
    expect((await api.call('POST', '/v1/templates', { name: 'again', request: WEB }, headers)).json).toEqual(made.json);
    expect((await save('again')).json).toMatchObject({ code: 'template_exists', details: { field: 'name' } });
    await api.call('DELETE', '/v1/templates/again');
    const later = await api.call('POST', '/v1/templates', { name: 'again', request: WEB }, headers);
    expect([later.status, later.json.code]).toEqual([409, 'idempotency_key_used']);
  });

  it('do not affect a waiting job when they are changed or deleted', async () => {
    await save('web', { ...WEB, limits: { wall_seconds: 60 }, metadata: { from: 'template' }, priority: 3 });
    const { json: job } = await create({ template: 'web', metadata: { own: 1 } });
    await replace('web', { outputFormat: 'webm' });
    await api.call('DELETE', '/v1/templates/web');
    const { json: later } = await api.call('GET', `/v1/transcodes/${job.id}`);
    expect(later).toEqual({ ...job, updated_at: expect.any(String) });
    expect(later).toMatchObject({ template: 'web@1', priority: 3, metadata: { user: { from: 'template', own: 1 } } });
    expect(await requestOf(job.id)).toMatchObject({ ...WEB, limits: { wall_seconds: 60 } });
    const item = (await api.call('GET', '/v1/transcodes?limit=1')).json.items[0];
    expect([item.id, item.template]).toEqual([job.id, 'web@1']);
  });

  it('apply to each job of a batch and to a dry run', async () => {
    await save('web');
    const job = (template: string) => ({ inputs: [{ url }], template });
    const batch = await api.call('POST', '/v1/transcodes/batch', {
      jobs: [job('web'), job('wbe'), job('airlock/podcast')],
    });
    expect(batch.json.items).toMatchObject([
      { status: 'accepted', job: { template: 'web@1' } },
      { status: 'refused', error: { code: 'template_not_found', details: { near: 'web' } } },
      { status: 'accepted', job: { template: 'airlock/podcast@1', output_format: 'mp3' } },
    ]);
    const valid = await api.call('POST', '/v1/transcodes/validate', job('web'));
    expect(valid.json).toMatchObject({ valid: true, command: expect.arrayContaining(['libx264']) });
    const unknown = await api.call('POST', '/v1/transcodes/validate', job('wbe'));
    expect([unknown.status, unknown.json]).toMatchObject([
      200,
      { valid: false, errors: [{ field: 'template', position: { pointer: '/template' }, suggestion: 'Send "web".' }] },
    ]);
  });

  it('templates that do not exist cause an error with the most similar name, and templates of another account do not exist', async () => {
    await save('web');
    const missing = await create({ template: 'webb' });
    expect([missing.status, missing.json.code, missing.json.details]).toEqual([
      422,
      'template_not_found',
      { field: 'template', reason: 'there is no template "webb"', remedy: 'Send "web"', near: 'web' },
    ]);
    expect((await create({ template: 'podcast' })).json.details.near).toBe('airlock/podcast');
    expect((await create({ template: 'web@9' })).json.details).toMatchObject({ near: 'web@1' });
    expect((await create({ template: 'airlock/web@9' })).json.details).toMatchObject({ near: 'airlock/web@1' });
    expect((await create({ template: 'Web!' })).json).toMatchObject({ code: 'invalid_request' });
    const unread = await api.call('GET', '/v1/templates/webb');
    expect(unread.json).toMatchObject({ code: 'not_found', details: { field: 'name', near: 'web' } });
    expect(unread.text).not.toContain('webb');
    const authorization = await otherKey();
    const foreign = { inputs: [{ url: 'https://example.org/a.mp4' }], template: 'web' };
    const stranger = await api.call('POST', '/v1/transcodes', foreign, { authorization });
    expect([stranger.json.code, stranger.json.details.near]).toEqual(['template_not_found', 'airlock/web']);
    for (const [method, body] of [['GET'], ['PUT', { request: WEB }], ['DELETE']] as [string, object?][])
      expect((await api.call(method, '/v1/templates/web', body, { authorization })).status).toBe(404);
  });

  it('templates of Airlock are read-only, whether the slash in their names is encoded or not', async () => {
    const plain = await api.call('GET', '/v1/templates/airlock/web');
    expect(plain.json).toMatchObject({ name: 'airlock/web', version: 1, built_in: true, created_at: null });
    expect((await api.call('GET', '/v1/templates/airlock%2Fweb@1')).json).toEqual(plain.json);
    for (const [method, body] of [['PUT', { request: WEB }], ['DELETE']] as [string, object?][])
      expect((await api.call(method, '/v1/templates/airlock/web', body)).json.code).toBe('template_read_only');
    expect((await save('airlock/mine')).json).toMatchObject({
      code: 'invalid_request',
      details: { field: 'name', remedy: expect.stringContaining('reserved') },
    });
  });

  it('are checked completely when they are saved', async () => {
    const refused = await save('bad', { outputFormat: 'mp4', options: [{ option: '-f', argument: 'tee' }] });
    expect([refused.status, refused.json.details.position]).toEqual([
      422,
      { pointer: '/request/options/0', offset: null },
    ]);
    expect((await save('bad', {})).json.details.field).toBe('request.outputFormat');
    expect((await save('bad', { ...WEB, outputs: [WEB] })).json.code).toBe('invalid_request');
    const named = await save('bad', {
      outputFormat: 'mp4',
      filters: [{ filter: `subtitles='https://a.example/s.srt'` }],
    });
    expect(named.json.details).toMatchObject({ field: 'request.filters[0]', reason: expect.stringContaining('URL') });
    for (const field of ['inputs', 'webhook_url', 'template'])
      expect((await save('bad', { ...WEB, [field]: 'x' })).json.details.field).toBe(`request.${field}`);
    expect((await save('bad', { ...WEB, metadata: { long: 'x'.repeat(8000) } })).status).toBe(201);
    const filter = `[0:v]drawtext=text=${'x'.repeat(9000)}[v]`;
    const large = Array.from({ length: 4 }, () => ({ outputFormat: 'mp4', filters: [{ filter }] }));
    expect((await save('large', { outputs: large })).json.details).toMatchObject({ field: 'request' });
    const several = await save('pip', { outputFormat: 'mp4', filters: [{ filter: '[0:v][1:v]overlay[v]' }] });
    expect(several.status).toBe(201);
    expect((await create({ template: 'pip' })).json.details).toMatchObject({
      field: 'template',
      reason: expect.stringContaining('filters[0] of the template "pip@1"'),
    });
  });

  it('have lower precedence than the fields of a request, and a conflict names the field of the request', async () => {
    await save('two', { outputs: [{ outputFormat: 'mp4' }, { outputFormat: 'mp3' }] });
    expect((await create({ template: 'two', outputFormat: 'webm' })).json.output_format).toBe('webm');
    const preset = await create({ template: 'two', preset: { quality: 'low' } });
    expect([preset.status, preset.json.details.field]).toEqual([400, 'preset']);
    await save('x264', { outputFormat: 'mp4', options: [{ option: '-c:v', argument: 'libx264' }] });
    const other = await create({ template: 'x264', output_format: 'webm' });
    expect([other.status, other.json.details.field]).toEqual([422, 'output_format']);
    expect(other.json.details.reason).toContain('options[0] of the template "x264@1"');
  });

  it('can be changed only with the scope admin, and read with the scope read or transcode', async () => {
    await save('web');
    const as = async (scope: 'read' | 'transcode' | 'upload', method: string, body?: object, path = '/web') => {
      const authorization = `Bearer ${await api.makeKey({ scopes: [scope] })}`;
      return (await api.call(method, `/v1/templates${path}`, body, { authorization })).status;
    };
    expect(await Promise.all([as('read', 'GET'), as('transcode', 'GET'), as('upload', 'GET')])).toEqual([
      200, 200, 403,
    ]);
    expect(await as('transcode', 'GET', undefined, '')).toBe(200);
    for (const scope of ['read', 'transcode', 'upload'] as const) {
      expect(await as(scope, 'POST', { name: 'mine', request: WEB }, '')).toBe(403);
      expect([await as(scope, 'PUT', { request: WEB }), await as(scope, 'DELETE')]).toEqual([403, 403]);
    }
  });

  it('are limited in number, and count towards their account’s share of the disk until they are deleted', async () => {
    const rowBytes = async () =>
      Number(
        (
          await api.database.pg.query('SELECT sum(row_bytes) FROM account_storage WHERE account_id = $1', [
            api.account.id,
          ])
        ).rows[0].sum,
      );
    const before = await rowBytes();
    const stored = await readStoredBytes(api.context.db, api.account.id);
    await save('web', { ...WEB, metadata: { long: 'x'.repeat(8000) } });
    expect(await rowBytes()).toBeGreaterThan(before + 8000);
    const [template] = (await api.database.pg.query('SELECT id FROM templates')).rows;
    const last = { account_id: api.account.id, template_id: template.id, version: MAX_TEMPLATE_VERSIONS };
    const content_sealed = sealVersion(api.context.vault, last, {
      description: null,
      request: { outputFormat: 'mp3' },
    });
    await api.database.db
      .insertInto('template_versions')
      .values({ ...last, content_sealed })
      .execute();
    await api.database.pg.query('UPDATE templates SET latest = $1', [MAX_TEMPLATE_VERSIONS]);
    const full = await replace('web', { outputFormat: 'webm' });
    expect([full.status, full.json.code, full.json.details.limit]).toEqual([
      ...[409, 'too_many_template_versions', MAX_TEMPLATE_VERSIONS],
    ]);
    await api.call('DELETE', '/v1/templates/web');
    expect(await rowBytes()).toBeLessThan(before + 8000);
    expect(await readStoredBytes(api.context.db, api.account.id)).toBe(stored);
    await api.database.pg.query(`INSERT INTO template_versions (template_id, account_id, version)
      SELECT id, account_id, generate_series(1000, 2000) FROM templates LIMIT 1001`);
    expect((await save('next')).json).toMatchObject({
      code: 'too_many_templates',
      details: { metric: 'versions_a_day' },
    });
    await api.database.pg.query(`UPDATE templates SET deleted_at = now() - interval '25 hours'`);
    expect((await save('next')).status).toBe(201);
    expect((await api.database.pg.query('SELECT name FROM templates')).rows).toEqual([{ name: 'next' }]);
    const many = `INSERT INTO templates (id, account_id, name, latest)
      SELECT gen_random_uuid(), $1, 'many-' || number, 1 FROM generate_series(1, 99) AS number`;
    await api.database.pg.query(many, [api.account.id]);
    expect((await save('last')).json).toMatchObject({ code: 'too_many_templates', details: { limit: 100 } });
  });
});
