import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { ensureAccount } from '../accounts/accounts.ts';
import { createKey } from '../accounts/keys.ts';
import { DATABASE_ROLES } from '../config/database-roles.ts';
import { grantRoles } from '../database/roles.ts';
import { writeStamp } from '../database/stamp.ts';
import { programStamp, readSchema } from './schema-stamp.ts';

const NO_ROLES = { roles: false };

describe('the stamp of a program', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'airlock-stamp-'));
    await writeFile(join(folder, 'airlock.js'), 'import "./chunks/queue-AAAA.js"');
    await writeFile(join(folder, '0001_first.sql'), 'SELECT 1');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const stamp = () => programStamp(join(folder, 'airlock.js'), folder);

  it('changes with the build, a changed migration and a new migration, but not with other files', async () => {
    const seen = [await stamp()];
    await writeFile(join(folder, 'notes.txt'), 'nothing that is run');
    expect(await stamp()).toBe(seen[0]);
    await writeFile(join(folder, 'airlock.js'), 'import "./chunks/queue-BBBB.js"');
    seen.push(await stamp());
    await writeFile(join(folder, '0001_first.sql'), 'SELECT 2');
    seen.push(await stamp());
    await writeFile(join(folder, '0002_second.sql'), 'SELECT 3');
    seen.push(await stamp());
    expect(new Set(seen).size).toBe(4);
  });

  it('is null for sources, which change without a build', async () => {
    expect(await programStamp(join(folder, 'main.ts'), folder)).toBeNull();
  });
});

describe('a database', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database?.drop());

  const isCurrent = async (stamp: string | null, wanted = NO_ROLES) =>
    (await readSchema(database.url, stamp, wanted)).isCurrent;

  it('is current only for the program whose stamp it contains', async () => {
    expect(await isCurrent('abc1')).toBe(false);
    await writeStamp(database.pg, 'abc1');
    expect(await isCurrent('abc1')).toBe(true);
    expect(await isCurrent('abc2')).toBe(false);
    expect(await isCurrent(null)).toBe(false);
  });

  it('has keys only after the first key was created', async () => {
    await writeStamp(database.pg, 'abc1');
    expect(await readSchema(database.url, 'abc1', NO_ROLES)).toEqual({ isCurrent: true, hasKeys: false });
    await database.db.transaction().execute(async (tx) => {
      const account = await ensureAccount(tx, 'default', 'cli');
      await createKey(tx, account.id, { name: 'first' }, { actor: 'cli' });
    });
    expect(await readSchema(database.url, 'abc1', NO_ROLES)).toEqual({ isCurrent: true, hasKeys: true });
  });

  it('is not current if the database roles must have their privileges and lack them', async () => {
    await writeStamp(database.pg, 'abc1');
    const wanted = { roles: true };
    await grantRoles(database.db, { create: true });
    expect(await isCurrent('abc1', wanted)).toBe(true);
    await database.pg.query(`REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${DATABASE_ROLES.worker}`);
    expect(await isCurrent('abc1', wanted)).toBe(false);
    expect(await isCurrent('abc1')).toBe(true);
  });

  it('is not current if its server cannot be reached', async () => {
    const unreachable = new URL(database.url);
    unreachable.searchParams.set('host', '/nowhere');
    expect(await readSchema(unreachable.toString(), 'abc1', NO_ROLES)).toEqual({ isCurrent: false, hasKeys: false });
  });

  it('accepts no stamp that could end the SQL statement', async () => {
    await expect(writeStamp(database.pg, "a'; DROP TABLE accounts; --")).rejects.toThrow('hexadecimal');
  });
});
