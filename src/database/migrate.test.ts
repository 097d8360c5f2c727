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
    expect(applied.flat()[0]).toBe('0001_schema');
    expect(new Set(applied.flat()).size).toBe(applied.flat().length);
  });
});
