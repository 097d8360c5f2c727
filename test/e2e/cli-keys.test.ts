import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKey, revokeKey } from '../../src/accounts/keys.ts';
import { makeDataDir } from '../../testkit/data-directory.ts';
import { processesOf } from '../../testkit/processes-of.ts';
import { runCli } from '../../testkit/service.ts';
import { type CliAlongsideApi, startCliAlongsideApi } from '../helpers/cli-api.ts';

const UNKNOWN = '01890000-0000-7000-8000-000000000000';

describe('airlock keys alongside a running API', () => {
  let service: CliAlongsideApi;
  beforeAll(async () => {
    service = await startCliAlongsideApi();
  });
  afterAll(() => service?.close());

  const statusWith = (key: string) => service.statusWith(key);
  const create = async (cli: CliAlongsideApi['cli'], ...args: string[]) => {
    const made = await cli('keys', 'create', '--name', 'a key', '--json', ...args);
    expect(made.code).toBe(0);
    return JSON.parse(made.stdout);
  };

  /** Creates a key without the command line, for tests of other commands. */
  const createByApi = async () => (await service.api.call('POST', '/v1/keys', { name: 'a key' })).json;

  it('creates a key that is valid immediately, and prints exactly the documented fields', async () => {
    const key = await create(service.cli);
    expect(Object.keys(key)).toEqual(['id', 'name', 'key', 'scopes', 'created_at']);
    expect(key).toMatchObject({
      name: 'a key',
      key: expect.stringMatching(/^al_live_[0-9A-Za-z]{36}$/),
      scopes: ['transcode', 'upload', 'read', 'admin'],
    });
    expect(await statusWith(key.key)).toBe(200);
  });

  it('prints only the key to standard output, so that you can pipe it', async () => {
    const made = await service.builtCli('keys', 'create', '--name', 'piped');
    expect(made.stdout).toMatch(/^al_live_[0-9A-Za-z]{36}\n$/);
    expect(made.stderr).toContain('shown only once');
  });

  it('creates keys with fewer scopes, keys of other accounts, and keys with allowed addresses and an expiry', async () => {
    const reader = await create(service.cli, '--scopes', 'read', '--account', 'second', '--allow', '127.0.0.0/8');
    expect(reader.scopes).toEqual(['read']);
    expect(await statusWith(reader.key)).toBe(200);
    const body = { filename: 'a.mp4', contentType: 'video/mp4', fileSize: 1 };
    expect(await service.statusWith(reader.key, 'POST', '/v1/upload/presigned-url', body)).toBe(403);
    const elsewhere = await create(service.cli, '--allow', '203.0.113.0/24');
    expect(await statusWith(elsewhere.key)).toBe(401);
    const brief = await create(service.cli, '--expires', '2099-01-01T00:00:00Z');
    expect(await statusWith(brief.key)).toBe(200);
  });

  it('lists keys without the secret part', async () => {
    const key = await createByApi();
    const [json, text] = [await service.cli('keys', 'list', '--json'), await service.cli('keys', 'list')];
    expect(JSON.parse(json.stdout)).toContainEqual(
      expect.objectContaining({ id: key.id, name: 'a key', hint: key.key.slice(-4) }),
    );
    for (const { stdout } of [json, text]) {
      expect(stdout).toContain(key.id);
      expect(stdout).not.toContain(key.key);
      expect(stdout).not.toContain('al_live_');
      expect(stdout).not.toContain('key_hash');
    }
  });

  it('prints a header, and lists the keys of commands that have ended only with --all', async () => {
    const { db, account } = { db: service.api.database.db, account: service.api.account };
    const lent = await db.transaction().execute(async (tx) => {
      const made = await createKey(tx, account.id, { name: 'airlock command' }, { actor: 'cli' }, 'command');
      await revokeKey(tx, made.key.id, undefined, { actor: 'cli' });
      return made.key;
    });
    const [list, all] = [await service.cli('keys', 'list'), await service.cli('keys', 'list', '--all')];
    expect(list.stdout).toMatch(/^ID +KEY +STATE +SCOPES +USED +NAME\n/);
    expect(list.stdout).not.toContain(lent.id);
    expect(all.stdout).toMatch(new RegExp(`^${lent.id}.* ended .* airlock command$`, 'm'));
  });

  it('rotates a key, and the old key ends immediately or after the requested overlap', async () => {
    const [first, second] = [await createByApi(), await createByApi()];
    const rotated = JSON.parse((await service.cli('keys', 'rotate', first.id, '--json')).stdout);
    expect(rotated).toMatchObject({ name: 'a key', scopes: first.scopes });
    expect([await statusWith(first.key), await statusWith(rotated.key)]).toEqual([401, 200]);
    expect(Date.parse(rotated.old_key_until)).toBeLessThanOrEqual(Date.now());
    const overlapped = JSON.parse((await service.cli('keys', 'rotate', second.id, '--overlap', '60', '--json')).stdout);
    expect([await statusWith(second.key), await statusWith(overlapped.key)]).toEqual([200, 200]);
    const third = await service.cli('keys', 'rotate', rotated.id);
    expect(third.stderr).toContain(`The old key ${rotated.id} no longer works.\n`);
    const again = await service.cli('keys', 'rotate', first.id);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('already rotated');
  });

  it('revokes a key within a second, and prints the same output when the key is revoked again', async () => {
    const key = await createByApi();
    expect(await statusWith(key.key)).toBe(200);
    const revoked = await service.cli('keys', 'revoke', key.id, '--json');
    expect(JSON.parse(revoked.stdout).revoked_at).not.toBeNull();
    expect(await statusWith(key.key)).toBe(401);
    expect((await service.cli('keys', 'revoke', key.id)).stdout).toBe(`Revoked ${key.id} (…${key.key.slice(-4)}).\n`);
  });

  const wrong: Record<string, [args: string[], code: number, message: RegExp]> = {
    'no name': [['create'], 2, /--name/],
    'an unknown scope': [
      ['create', '--name', 'x', '--scopes', 'read,write'],
      2,
      /--scopes is "write", which is not accepted\. Send one of "transcode", "upload", "read", "admin"/,
    ],
    'an invalid address': [['create', '--name', 'x', '--allow', 'home'], 2, /--allow is "home", .*203\.0\.113\.0\/24/],
    'an invalid time': [
      ['create', '--name', 'x', '--expires', 'tomorrow'],
      2,
      /--expires is "tomorrow", .*2026-05-22T14:30:00Z/,
    ],
    'a time in the past': [['create', '--name', 'x', '--expires', '2001-01-01T00:00:00Z'], 1, /is in the past/],
    'an invalid id': [['revoke', 'first'], 2, /"first" is not the ID of a key/],
    'an unknown id': [['revoke', UNKNOWN], 1, /no key has the id|Not found/i],
    'an unknown id to rotate': [['rotate', UNKNOWN], 1, /no key has the id|Not found/i],
    'an invalid overlap': [
      ['rotate', UNKNOWN, '--overlap', 'long'],
      2,
      /argument 'long' is invalid. Use an integer 0 or more/,
    ],
    'an unknown subcommand': [['make'], 2, /unknown command 'make'/],
  };
  it.each(Object.keys(wrong))('fails with a reason: %s', async (name) => {
    const [args, code, message] = wrong[name]!;
    const rejected = await service.cli('keys', ...args);
    expect(rejected.stderr).toMatch(message);
    expect(rejected).toMatchObject({ code, stdout: '' });
  });
});

describe('airlock keys without a service', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await makeDataDir();
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  it('starts the database only for the command, and leaves nothing running', async () => {
    const cli = (...args: string[]) => runCli(args, { ...process.env, AIRLOCK_DATA_DIR: dataDir });
    const none = await cli('keys', 'list');
    expect(none).toMatchObject({ code: 0, stdout: '' });
    expect(none.stderr).toContain('No keys yet');
    expect(processesOf(dataDir)).toEqual([]);
    const { id } = JSON.parse((await cli('keys', 'create', '--name', 'early', '--json')).stdout);
    // A service that starts later runs this command, which creates a first key if there is none.
    const migrated = await cli('migrate', '--first-key');
    expect(migrated).toMatchObject({ code: 0, stdout: '', stderr: 'The database is up to date.\n' });
    expect(JSON.parse((await cli('keys', 'list', '--json')).stdout)).toMatchObject([{ id, name: 'early' }]);
    expect(processesOf(dataDir)).toEqual([]);
  });
});
