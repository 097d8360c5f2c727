import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { migrateDatabase } from './migrate.ts';
import { migrationsFolder } from './migrations-folder.ts';

describe('a migration', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await makeDatabase();
  });
  afterAll(() => database?.drop());

  it('changes nothing the second time', async () => {
    expect(await migrateDatabase(database.db)).toEqual([]);
  });

  it('rejects a schema of a version before 0.1.0, with a remedy', async () => {
    await database.pg.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE transcodes (id uuid)');
    await expect(migrateDatabase(database.db)).rejects.toThrow(/before 0\.1\.0.*Move the data directory elsewhere/);
  });

  it('runs once when several processes start at the same time', async () => {
    await database.pg.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const applied = await Promise.all(Array.from({ length: 4 }, () => migrateDatabase(database.db)));
    expect(applied.flat().sort()[0]).toBe('0001_schema');
    expect(new Set(applied.flat()).size).toBe(applied.flat().length);
  });

  describe('of tables that are in use', () => {
    const NEWEST = '9999_newest';
    /** A folder with the migrations, and a newest migration that needs a lock on the jobs. */
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'airlock-migrations-'));
      await cp(migrationsFolder(), folder, { recursive: true });
      await writeFile(join(folder, `${NEWEST}.sql`), 'CREATE INDEX newest ON jobs (request_id)');
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));
    const revertMigrations = async () => {
      await database.pg.query('DELETE FROM schema_migrations WHERE name = $1', [NEWEST]);
      await database.pg.query('DROP INDEX IF EXISTS newest');
    };
    const useJobs = async () => {
      const client = await database.pg.connect();
      await client.query('BEGIN; LOCK TABLE jobs IN ROW EXCLUSIVE MODE');
      return async () => {
        await client.query('COMMIT');
        client.release();
      };
    };

    it('waits for the programs that use them, and delays no query for long', async () => {
      await revertMigrations();
      const end = await useJobs();
      const migrating = migrateDatabase(database.db, { folder });
      for (let turn = 0; turn < 20; turn++) {
        const began = performance.now();
        await (await useJobs())();
        expect(performance.now() - began).toBeLessThan(5_000);
        await sleep(50);
      }
      await end();
      expect(await migrating).toEqual([NEWEST]);
    });

    it('fails when it never gets its locks, and changes nothing', async () => {
      await revertMigrations();
      const end = await useJobs();
      await expect(migrateDatabase(database.db, { patienceMs: 0, folder })).rejects.toMatchObject({ code: '55P03' });
      await end();
      expect(await migrateDatabase(database.db, { folder })).toEqual([NEWEST]);
    });
  });
});
