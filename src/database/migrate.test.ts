import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { migrateDatabase } from './migrate.ts';

describe('a migration', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database?.drop());

  it('changes nothing the second time', async () => {
    expect(await migrateDatabase(database.db)).toEqual([]);
  });

  it('refuses a schema of a version before 0.1.0, and says what to do', async () => {
    await database.pg.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE transcodes (id uuid)');
    await expect(migrateDatabase(database.db)).rejects.toThrow(/before 0\.1\.0.*Move the data directory away/);
  });

  it('runs once when several processes start at the same time', async () => {
    await database.pg.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(database.db)));
    expect(applied.flat().sort()[0]).toBe('0001_schema');
    expect(new Set(applied.flat()).size).toBe(applied.flat().length);
  });

  describe('of tables that are in use', () => {
    const NEWEST = '0019_query_plans';
    const forget = async () => {
      await database.pg.query('DELETE FROM schema_migrations WHERE name = $1', [NEWEST]);
      await database.pg.query('DROP INDEX IF EXISTS events_type, objects_kept');
    };
    const useObjects = async () => {
      const client = await database.pg.connect();
      await client.query('BEGIN; LOCK TABLE objects IN ROW EXCLUSIVE MODE');
      return async () => {
        await client.query('COMMIT');
        client.release();
      };
    };

    it('lets the programs that use them go first, and makes nobody wait for long', async () => {
      await forget();
      const end = await useObjects();
      const migrating = migrateDatabase(database.db);
      for (let turn = 0; turn < 20; turn++) {
        const began = performance.now();
        await (await useObjects())();
        expect(performance.now() - began).toBeLessThan(1_000);
        await sleep(50);
      }
      await end();
      expect(await migrating).toEqual([NEWEST]);
    });

    it('fails when it never gets its locks, and has changed nothing', async () => {
      await forget();
      const end = await useObjects();
      await expect(migrateDatabase(database.db, { patienceMs: 0 })).rejects.toMatchObject({ code: '55P03' });
      await end();
      expect(await migrateDatabase(database.db)).toEqual([NEWEST]);
    });
  });
});
