import { spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, readdir, stat, truncate } from 'node:fs/promises';
import { basename, join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { schemaHash } from '../../src/cli/database-template.ts';
import { preparedFolder } from '../../src/config/root.ts';
import { copyTemplate, type TemplateUse, templatePath, templatePrefix } from '../../src/supervisor/cluster-template.ts';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/supervisor/postgres.ts';
import { socketUrl } from '../../src/supervisor/postgres-connect.ts';
import { loadSecrets } from '../../src/supervisor/secrets.ts';
import { makeTestFolder, recordingLogger } from '../../testkit/supervisor.ts';
import { until } from '../../testkit/until.ts';

const STATEMENT = "COMMENT ON TABLE schema_migrations IS 'airlock abc1'";

let root: string;
let remove: () => Promise<void>;
/** Uses a copy of the template that the build has prepared, under the name of another schema. */
let use: TemplateUse;
let template: string;
const logger = recordingLogger();
const opened: EmbeddedPostgres[] = [];

beforeAll(async () => {
  ({ path: root, remove } = await makeTestFolder());
  const built = (await readdir(preparedFolder('postgres'))).find((name) => name.endsWith('.tar'))!;
  use = { folder: join(root, 'build/postgres'), schema: await schemaHash('test'), statements: [STATEMENT] };
  await mkdir(use.folder, { recursive: true, mode: 0o755 });
  const source = join(preparedFolder('postgres'), built);
  template = templatePath(await templatePrefix(use), (await stat(source)).size);
  await copyFile(source, template);
});
afterEach(async () => {
  for (const server of opened.splice(0)) await server.stop();
});
afterAll(() => remove());

async function open(name: string): Promise<EmbeddedPostgres> {
  const server = await openEmbeddedPostgres({ dataDir: join(root, name), logger, template: use });
  opened.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Runs a statement as the superuser in a database of the server in a data directory. */
async function asSuperuser(server: EmbeddedPostgres, name: string, sql: string, database = 'airlock') {
  const { postgresAdminPassword } = await loadSecrets(join(root, name));
  return query(socketUrl(server.socketDir, postgresAdminPassword, 'postgres', database), sql);
}

/** A query that returns everything in a schema except privileges. */
const SCHEMA = `
  SELECT format('column %s.%s %s %s %s', attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
                pg_get_expr(adbin, adrelid)) AS line
    FROM pg_attribute JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
   WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped AND relkind <> 'i'
  UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index JOIN pg_class c ON c.oid = indexrelid
   WHERE relnamespace = 'public'::regnamespace
  UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
  UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT format('migration %s', name) FROM schema_migrations
  UNION ALL SELECT format('option %s %s', relname, reloptions) FROM pg_class
   WHERE relnamespace = 'public'::regnamespace
  ORDER BY 1`;

describe('a data directory with a copy of the prepared database', () => {
  it('is created once by two starts, with its own passwords, the complete schema and its stamp', async () => {
    const [first, second] = await Promise.all([open('one'), open('one')]);
    expect([first.owned, second.owned].sort()).toEqual([false, true]);
    expect(logger.entries.filter(({ level }) => level === 'warn')).toEqual([]);
    expect(await readdir(join(root, 'one/postgres'))).not.toContainEqual(expect.stringMatching(/^init-/));

    const lines = async (rows: Promise<pg.QueryResultRow[]>) => (await rows).map(({ line }) => line);
    const migrated = new URL(inject('postgresUrl'));
    migrated.pathname = `/${inject('templateDatabase')}`;
    expect(await lines(asSuperuser(first, 'one', SCHEMA))).toEqual(await lines(query(migrated.href, SCHEMA)));
    const stamp = `SELECT obj_description('schema_migrations'::regclass, 'pg_class') AS line`;
    expect(await lines(asSuperuser(first, 'one', stamp))).toEqual(['airlock abc1']);

    const other = await open('other');
    const passwords = 'SELECT rolname, rolpassword FROM pg_authid WHERE rolcanlogin ORDER BY 1';
    const [own, others] = [await asSuperuser(first, 'one', passwords), await asSuperuser(other, 'other', passwords)];
    expect(own.map(({ rolname }) => rolname)).toEqual(['airlock', 'airlock_api', 'airlock_worker', 'postgres']);
    for (const [index, { rolpassword }] of own.entries()) {
      expect(rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
      expect(rolpassword).not.toBe(others[index]!.rolpassword);
    }
    const foreign = Object.assign(new URL(first.url), { password: new URL(other.url).password });
    await expect(query(foreign.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('contains nothing incomplete if the start is killed, and the next start succeeds', async () => {
    const dataDir = join(root, 'killed');
    const script = `
      import { openEmbeddedPostgres } from ${JSON.stringify(join(import.meta.dirname, '../../src/supervisor/postgres.ts'))};
      const quiet = () => {};
      const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
      await openEmbeddedPostgres({ dataDir: process.argv[1], logger, template: JSON.parse(process.argv[2]) });
    `;
    // Keeps the cluster incomplete for some seconds, so that the test can kill the start in time.
    const slow = { ...use, statements: [...use.statements, 'SELECT pg_sleep(5)'] };
    const args = ['--import', 'tsx', '--input-type=module', '--eval', script, dataDir, JSON.stringify(slow)];
    const start = spawn(process.execPath, args, { stdio: 'ignore' });
    const ended = new Promise((resolve) => start.once('exit', resolve));
    const home = join(dataDir, 'postgres');
    const staged = () =>
      readdir(home).then(
        (names) => names.find((name) => name.startsWith('init-')),
        () => undefined,
      );
    await until(staged, { what: 'the staging folder', everyMs: 1 });
    start.kill('SIGKILL');
    await ended;
    expect(await readdir(home)).not.toContain('data');
    const server = await open('killed');
    expect(await asSuperuser(server, 'killed', 'SELECT count(*)::int AS keys FROM api_keys')).toEqual([{ keys: 0 }]);
    expect(await staged()).toBeUndefined();
  });
});

describe('the prepared database', () => {
  /**
   * Returns whether the template was copied, and the last warning. PostgreSQL never starts in the copy, because its programs don't exist.
   */
  async function copy(changed: Partial<TemplateUse>): Promise<[boolean, string]> {
    const log = recordingLogger();
    const binaries = { binDir: '/nonexistent', origin: 'npm' } as const;
    const target = { binaries, account: null };
    const folder = join(root, 'copied');
    await mkdir(folder, { recursive: true });
    const secrets = await loadSecrets(join(root, 'one'));
    const isCopied = await copyTemplate({ ...use, ...changed }, folder, { ...target, secrets }, log);
    return [isCopied, String((log.entries.at(-1)?.fields as { err?: Error })?.err?.message)];
  }

  it('is not copied for another schema', async () => {
    expect(await copy({ schema: await schemaHash('another') })).toEqual([false, 'undefined']);
  });

  it('is not copied if other accounts could have changed it', async () => {
    for (const path of [template, use.folder, join(root, 'build')]) {
      const { mode } = await stat(path);
      await chmod(path, mode | 0o020);
      expect(await copy({})).toEqual([false, expect.stringContaining(`other accounts can change ${path}`)]);
      await chmod(path, mode);
    }
    expect((await copy({}))[1]).toContain('postgres cannot be started');
  });

  it('is not copied if it is not complete', async () => {
    const { size } = await stat(template);
    await truncate(template, size - 512);
    expect(await copy({})).toEqual([false, expect.stringContaining(`${basename(template)} has ${size - 512} bytes`)]);
  });
});
