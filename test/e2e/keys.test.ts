import { beforeAll, describe, expect, it } from 'vitest';
import { isWellFormedApiKey } from '../../src/crypto/api-key.ts';
import { call, shareService, type TestService } from '../../testkit/service.ts';
import { openServiceDatabase } from '../../testkit/service-database.ts';
import { until } from '../../testkit/until.ts';
import { commandsOf } from '../helpers/run-command.ts';

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('keys', () => {
  let service: TestService;
  beforeAll(async () => {
    service = await shareService();
  });

  const create = (body: object = {}) => service.call('POST', '/v1/keys', { name: 'test', ...body });
  const rotate = (id: string, body?: object) => service.call('POST', `/v1/keys/${id}/rotate`, body);
  const revoke = (id: string) => service.call('DELETE', `/v1/keys/${id}`);
  const statusOf = async (key: string) => (await call(`${service.api}/v1/transcodes`, 'GET', key)).status;

  it('are shown once, and are listed without the secret', async () => {
    const made = await create({ name: 'deploy', scopes: ['read'], allowed_cidrs: ['127.0.0.1', '10.0.0.0/8'] });
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    const { key, ...shown } = made.json;
    expect(key).toMatch(/^al_live_[0-9A-Za-z]{36}$/);
    expect(isWellFormedApiKey(key)).toBe(true);
    expect(shown).toEqual({
      id: expect.any(String),
      name: 'deploy',
      hint: key.slice(-4),
      scopes: ['read'],
      allowed_cidrs: ['127.0.0.1/32', '10.0.0.0/8'],
      created_at: expect.stringMatching(TIME),
      expires_at: null,
      last_used_at: null,
      revoked_at: null,
      dies_at: null,
      replaced_by: null,
      oauth_client: null,
    });
    expect(await statusOf(key)).toBe(200);
    const { json } = await service.call('GET', '/v1/keys');
    const listed = json.items.find((item: { id: string }) => item.id === shown.id);
    expect(listed).toEqual({ ...shown, last_used_at: expect.stringMatching(TIME) });
    expect(JSON.stringify(json)).not.toContain(key.slice(8, 20));

    const database = await openServiceDatabase(service);
    const { rows } = await database.query('SELECT to_jsonb(api_keys)::text AS row FROM api_keys');
    await database.end();
    expect(rows.map(({ row }) => row).join()).not.toContain(key.slice(8, 20));
    expect(service.output()).not.toContain(key.slice(8, 20));
  });

  it('have every scope unless they are created with fewer scopes', async () => {
    expect((await create()).json.scopes).toEqual(['transcode', 'upload', 'read', 'admin']);
  });

  it.each([
    [{ name: '' }, 'name'],
    [{ name: '   ' }, 'name'],
    [{ name: undefined }, 'name'],
    [{ name: 'x'.repeat(101) }, 'name'],
    [{ scopes: [] }, 'scopes'],
    [{ scopes: ['root'] }, 'scopes[0]'],
    [{ expires_at: 'tomorrow' }, 'expires_at'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, 'expires_at'],
    [{ allowed_cidrs: ['300.1.1.1'] }, 'allowed_cidrs[0]'],
    [{ allowed_cidrs: ['10.0.0.1/8'] }, 'allowed_cidrs[0]'],
    [{ allowed_cidrs: ['2001:db8::1/32'] }, 'allowed_cidrs[0]'],
    [{ allowed_cidrs: ['10.0.0.0/33'] }, 'allowed_cidrs[0]'],
  ])('are not created from %j', async (body, field) => {
    const response = await create(body);
    expect([response.status, response.json.code, response.json.details?.field]).toEqual([
      400,
      'invalid_request',
      field,
    ]);
  });

  it('are created and rotated with a warning about unknown fields', async () => {
    const made = await create({ scope: ['read'], expiresAt: 'x' });
    expect(made.json.warnings).toEqual([
      { field: 'scope', message: 'Unknown field, ignored. Did you mean "scopes"?' },
      { field: 'expiresAt', message: 'Unknown field, ignored. Did you mean "expires_at"?' },
    ]);
    const rotated = await rotate(made.json.id, { overlapSeconds: 5 });
    expect(rotated.json.warnings).toEqual([
      { field: 'overlapSeconds', message: 'Unknown field, ignored. Did you mean "overlap_seconds"?' },
    ]);
  });

  it('end immediately when they are revoked, and can be revoked any number of times', async () => {
    const { json } = await create();
    expect(await statusOf(json.key)).toBe(200);
    const first = await revoke(json.id);
    expect(await statusOf(json.key)).toBe(401);
    expect([first.status, first.json.revoked_at]).toEqual([200, expect.stringMatching(TIME)]);
    expect((await revoke(json.id)).json).toEqual(first.json);
    expect((await rotate(json.id)).status).toBe(409);
  });

  it('end when they are revoked on the command line', async () => {
    const { json } = await create();
    expect((await commandsOf(service)('keys', 'revoke', json.id)).code).toBe(0);
    await until(async () => (await statusOf(json.key)) === 401, { what: 'the key to end' });
  });

  it('end when they are rotated, and the successor has the same rights', async () => {
    const old = (await create({ scopes: ['read'], allowed_cidrs: ['127.0.0.0/8'], expires_at: '2099-01-01T00:00:00Z' }))
      .json;
    const next = await rotate(old.id);
    expect([next.status, next.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect([await statusOf(old.key), await statusOf(next.json.key)]).toEqual([401, 200]);
    expect(next.json.old_key_until).toBe(next.json.created_at);
    for (const field of ['name', 'scopes', 'allowed_cidrs', 'expires_at']) expect(next.json[field]).toEqual(old[field]);
    expect(next.json.id).not.toBe(old.id);
    const { items } = (await service.call('GET', '/v1/keys')).json;
    expect(items.find((item: { id: string }) => item.id === old.id)).toMatchObject({
      replaced_by: next.json.id,
      revoked_at: expect.stringMatching(TIME),
    });
    expect((await rotate(old.id)).json).toMatchObject({ code: 'key_not_active', details: { field: 'id' } });
  });

  it('stay valid for a requested overlap when they are rotated', async () => {
    const old = (await create()).json;
    const next = await rotate(old.id, { overlap_seconds: 8 });
    expect(Date.parse(next.json.old_key_until) - Date.parse(next.json.created_at)).toBe(8000);
    expect([await statusOf(old.key), await statusOf(next.json.key)]).toEqual([200, 200]);
    expect((await rotate(old.id)).status).toBe(409);
    await until(async () => (await statusOf(old.key)) === 401, { what: 'the end of the overlap' });
    expect(await statusOf(next.json.key)).toBe(200);
    for (const overlap of [-1, 1.5, '5', 31 * 86_400]) {
      const response = await rotate(next.json.id, { overlap_seconds: overlap });
      expect([overlap, response.status, response.json.details.field]).toEqual([overlap, 400, 'overlap_seconds']);
    }
  });

  it('end when they expire', async () => {
    const { json } = await create({ expires_at: new Date(Date.now() + 8_000).toISOString() });
    expect(await statusOf(json.key)).toBe(200);
    await until(async () => (await statusOf(json.key)) === 401, { what: 'the key to expire' });
  });

  it('have a history in the audit log, whose chain is valid', async () => {
    const { json } = await create();
    const next = (await rotate(json.id)).json;
    await revoke(next.id);
    const database = await openServiceDatabase(service);
    const { rows } = await database.query(
      'SELECT action, target, actor, ip, result FROM audit_log WHERE target = ANY($1) ORDER BY seq',
      [[json.id, next.id]],
    );
    await database.end();
    expect(rows.map(({ action, target }) => [action, target])).toEqual([
      ['key.created', json.id],
      ['key.rotated', json.id],
      ['key.revoked', next.id],
    ]);
    for (const row of rows)
      expect(row).toMatchObject({ actor: expect.stringMatching(/^key:/), ip: '127.0.0.1', result: 'ok' });
  });

  it('are printed by the command line in the documented format', async () => {
    const made = await commandsOf(service)(
      'keys',
      'create',
      '--name',
      'robot',
      '--account',
      'fresh',
      '--scopes',
      'read,upload',
      '--json',
    );
    expect(made.code).toBe(0);
    expect(JSON.parse(made.stdout)).toEqual({
      id: expect.any(String),
      name: 'robot',
      key: expect.stringMatching(/^al_live_/),
      scopes: ['read', 'upload'],
      created_at: expect.stringMatching(TIME),
    });
    const { id, key } = JSON.parse(made.stdout);
    const rotated = await commandsOf(service)('keys', 'rotate', id, '--json');
    expect([rotated.code, await statusOf(key), await statusOf(JSON.parse(rotated.stdout).key)]).toEqual([0, 401, 200]);
    const list = await commandsOf(service)('keys', 'list', '--json');
    expect(JSON.parse(list.stdout).map((item: { id: string }) => item.id)).toContain(id);
    expect((await commandsOf(service)('keys', 'revoke', 'no-such-key')).code).not.toBe(0);
  });
});
