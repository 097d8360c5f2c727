import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CliAlongsideApi, startCliAlongsideApi } from '../helpers/cli-api.ts';

const PASSWORD = 'correct horse battery';

describe('airlock users alongside a running API', () => {
  let service: CliAlongsideApi;
  beforeAll(async () => {
    service = await startCliAlongsideApi();
  });
  afterAll(() => service?.close());

  const users = (...args: string[]) => service.cli('users', ...args);
  const open = (path: string, body: object) => service.api.call('POST', path, body, { authorization: '' });
  const setUp = (link: string) => open('/v1/setup', { token: new URL(link).hash.slice(1), password: PASSWORD });

  it('creates a person, and prints only the setup link to standard output, which works once', async () => {
    const args = ['create', 'Ada@Example.org', '--role', 'admin', '--account', 'partner'];
    const made = await service.builtCli('users', ...args);
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/^http:\/\/127\.0\.0\.1:8080\/setup#[\w-]{43}\n$/);
    expect(made.stderr).toContain('ada@example.org, admin.');
    const used = await setUp(made.stdout.trim());
    expect(used.json).toMatchObject({
      user: { email: 'ada@example.org', role: 'admin' },
      account: { name: 'partner' },
    });
    expect((await setUp(made.stdout.trim())).status).toBe(404);
    expect((await users('list')).stdout).toMatch(/^ada@example\.org {2}admin {5}active {4}partner {2}last signed in /);
  });

  it('resets and disables people, and disabled people cannot sign in', async () => {
    const { link } = JSON.parse((await users('create', 'bob@example.org', '--json')).stdout);
    const { link: next } = JSON.parse((await users('reset', 'bob@example.org', '--json')).stdout);
    expect([(await setUp(link)).status, (await setUp(next)).status]).toEqual([404, 201]);
    expect((await users('disable', 'BOB@example.org')).stdout).toBe('bob@example.org is disabled.\n');
    const signIn = () => open('/v1/session', { email: 'bob@example.org', password: PASSWORD });
    expect((await signIn()).status).toBe(401);
    expect((await users('reset', 'bob@example.org')).stderr).toContain('--undo');
    await users('disable', 'bob@example.org', '--undo');
    expect((await signIn()).status).toBe(200);
  });

  it('fails with a reason and a remedy', async () => {
    for (const [args, code, text] of [
      [['create', 'ada@example.org'], 1, 'This email address is already in use'],
      [['create', 'ada'], 2, '"ada" is not an email address'],
      [['create', 'a@example.org', '--role', 'boss'], 2, 'Use one of operator, admin, member, viewer'],
      [['reset', 'nobody@example.org'], 1, './airlock users list shows all people'],
    ] as const) {
      const response = await users(...args);
      expect([args, response.code, response.stdout]).toEqual([args, code, '']);
      expect(response.stderr).toContain(text);
    }
  });
});
