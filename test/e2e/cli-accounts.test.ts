import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  NUMBER_SETTINGS,
  type NumberSettingName,
  SWITCH_SETTINGS,
  settingFlag,
} from '../../src/contract/account-settings.ts';
import { type CliAlongsideApi, startCliAlongsideApi } from '../helpers/cli-api.ts';
import type { TestDatabase } from '../helpers/database.ts';

const NUMBERS = Object.keys(NUMBER_SETTINGS) as NumberSettingName[];

describe('airlock accounts alongside a running API', () => {
  let service: CliAlongsideApi;
  let database: TestDatabase['pg'];
  beforeAll(async () => {
    service = await startCliAlongsideApi();
    database = service.api.database.pg;
  });
  afterAll(() => service?.close());

  const accounts = (...args: string[]) => service.cli('accounts', ...args);
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await accounts(...args, '--json');
    expect([code, stderr]).toEqual([0, '']);
    return JSON.parse(stdout);
  };

  it('creates an account once, with a row in the audit log, and lists it', async () => {
    const made = await json('create', 'Ö & sons');
    expect(made).toMatchObject({
      name: 'Ö & sons',
      memory_mb: null,
      max_concurrent: 16,
      disarm: false,
      disabled_at: null,
    });
    const again = await service.cli('accounts', 'create', ' Ö & sons ');
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/name already belongs to an account\. Choose another; \.\/airlock accounts list/);
    const names = (await json('list')).map(({ name }: { name: string }) => name);
    expect(names).toEqual([service.api.account.name, 'Ö & sons']);
    const { stdout } = await service.builtCli('accounts', 'list');
    expect(stdout).toContain(`${made.id}  open  defaults  Ö & sons\n`);
    const { rows } = await database.query(`SELECT actor, result FROM audit_log WHERE target = $1`, [made.id]);
    expect(rows).toEqual([{ actor: 'cli', result: 'ok' }]);
  });

  it('sets every setting to its bounds, restores the default, and changes no other setting', async () => {
    const before = await json('create', 'all');
    for (const [end, pick] of Object.entries({ least: 'least', most: 'most' } as const)) {
      const args = NUMBERS.flatMap((name) => [settingFlag(name), String(NUMBER_SETTINGS[name][pick])]);
      const changed = await json('set', 'all', ...args, '--disarm', end === 'least' ? 'on' : 'off');
      for (const name of NUMBERS) expect([name, changed[name]]).toEqual([name, NUMBER_SETTINGS[name][pick]]);
      expect(changed.disarm).toBe(end === 'least');
    }
    const kept = await json('set', 'all', '--memory-mb', '128');
    expect([kept.memory_mb, kept.cpu_seconds]).toEqual([128, NUMBER_SETTINGS.cpu_seconds.most]);
    const back = NUMBERS.flatMap((name, index) => [settingFlag(name), index % 2 ? 'none' : 'default']);
    expect(await json('set', 'all', ...back)).toEqual(before);
    const { rows } = await database.query(
      `SELECT action, details FROM audit_log WHERE target = $1 AND details ? 'memory_mb' ORDER BY seq`,
      [before.id],
    );
    expect(rows.map((row) => row.details.memory_mb)).toEqual([64, 1_048_576, 128, null]);
    expect(new Set(rows.map((row) => row.action))).toEqual(new Set(['account.changed']));
    expect(await service.cli('audit', 'verify')).toMatchObject({ code: 0 });
  });

  it('shows the settings of an account and of the server, active keys, jobs and minutes', async () => {
    const { key } = await service.makeKey('--account', 'seen');
    await accounts('set', 'seen', '--wall-seconds', '77');
    const source = { inputs: [{ url: 'https://media.example.com/a.mp4' }], outputFormat: 'mp3' };
    expect(await service.statusWith(key, 'POST', '/v1/transcodes', source)).toBe(201);
    const shown = await json('show', 'seen');
    expect(shown).toMatchObject({ wall_seconds: 77, usage: { keys: 1, minutes: 0 } });
    const { stdout, code } = await accounts('show', 'seen');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}wall_seconds +77 /m);
    expect(stdout).toMatch(/^ {2}memory_mb +the server’s limit /m);
    expect(stdout).toMatch(
      /^1 active keys, \d jobs waiting, \d running, 0 minutes this month, 0 bytes stored or promised, 0 open uploads$/m,
    );
    for (const text of [stdout, JSON.stringify(shown)]) expect(text).not.toContain('al_live_');
  });

  it('changes settings, which apply to the next request', async () => {
    const { key } = await service.makeKey('--account', 'closed');
    const status = () => service.statusWith(key);
    expect(await status()).toBe(200);
    await json('set', 'closed', '--disabled', 'on');
    expect(await status()).toBe(403);
    await json('set', 'closed', '--disabled', 'off', '--requests-per-minute', '2');
    expect([await status(), await status(), await status()]).toContain(429);
  });

  it('cannot set a limit with which no cell could start, because a constraint of the database rejects it', async () => {
    for (const [name, least] of [
      ['memory_mb', 64],
      ['cpu_seconds', 1],
      ['wall_seconds', 1],
      ['output_mb', 1],
    ] as const) {
      expect(NUMBER_SETTINGS[name].least).toBe(least);
      await expect(database.query(`UPDATE accounts SET ${name} = ${least - 1}`)).rejects.toThrow(/check constraint/);
    }
  });

  it('lists every setting with its minimum and its default in its help', async () => {
    const { stdout, code } = await accounts('set', '--help');
    expect(code).toBe(0);
    for (const name of [...NUMBERS, ...Object.keys(SWITCH_SETTINGS)]) expect(stdout).toContain(settingFlag(name));
    expect(stdout).toContain('To restore a default');
    expect((await service.cli('--help')).stdout).toContain('accounts');
  });

  const wrong: Record<string, [args: string[], code: number, message: RegExp]> = {
    'no name': [['set'], 2, /missing required argument 'name'/],
    'less than FFmpeg needs': [
      ['set', 'default', '--memory-mb', '63'],
      2,
      /--memory-mb must be an integer from 64 .*FFmpeg and its libraries.*"63"/,
    ],
    'an unknown setting': [['set', 'default', '--memory', '512'], 2, /unknown option '--memory'/],
    'an unknown account': [
      ['set', 'nobody', '--memory-mb', '512'],
      1,
      /No account has that name\. \.\/airlock accounts list/,
    ],
    'an unknown account to show': [['show', 'nobody'], 1, /No account has that name/],
    'control characters': [['create', 'a\u001b[31m'], 1, /name:? contains control characters/],
    'an unknown subcommand': [['delete', 'default'], 2, /unknown command 'delete'/],
  };
  it.each(Object.keys(wrong))('fails with a reason and changes nothing: %s', async (name) => {
    const before = await database.query('SELECT * FROM accounts ORDER BY id');
    const [args, code, message] = wrong[name]!;
    const rejected = await accounts(...args);
    expect(rejected.stderr).toMatch(message);
    expect(rejected).toMatchObject({ code, stdout: '' });
    expect((await database.query('SELECT * FROM accounts ORDER BY id')).rows).toEqual(before.rows);
  });
});
