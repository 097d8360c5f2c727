import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../../test/helpers/database.ts';
import { hashApiKey } from '../crypto/api-key.ts';
import { makeFirstKey } from './make-first-key.ts';

const NOTHING = { firstKey: null, setupToken: null };

describe('the first key', () => {
  let database: TestDatabase;
  let folder: string;
  let file: string;
  beforeEach(async () => {
    [database, folder] = await Promise.all([makeDatabase(), mkdtemp(join(tmpdir(), 'airlock-first-key-'))]);
    file = join(folder, 'first-key');
  });
  afterEach(async () => {
    await database?.drop();
    await rm(folder, { recursive: true, force: true });
  });
  const hashes = async () =>
    (await database.db.selectFrom('api_keys').select('key_hash').execute()).map(({ key_hash }) => key_hash);
  const written = async () => (await readFile(file, 'utf8')).trimEnd();

  it('is created once, with a link for the first operator, in a file that only its owner can read', async () => {
    const first = await makeFirstKey(database.db, file);
    expect(first).toEqual({ firstKey: { file }, setupToken: expect.any(String) });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await hashes()).toEqual([hashApiKey(await written())]);
    expect(await makeFirstKey(database.db, file)).toEqual(NOTHING);
    expect(await hashes()).toHaveLength(1);
  });

  it('is returned, and not written to a file, if a terminal shows it', async () => {
    const { firstKey } = await makeFirstKey(database.db, true);
    expect(await hashes()).toEqual([hashApiKey((firstKey as { text: string }).text)]);
  });

  it('is created by only one of several starts with the same database', async () => {
    const results = await Promise.all(Array.from({ length: 4 }, () => makeFirstKey(database.db, true)));
    expect(results.filter(({ firstKey }) => firstKey !== null)).toHaveLength(1);
    expect(await hashes()).toHaveLength(1);
  });

  it('is replaced in its file by the next start if a start fails before the commit', async () => {
    // The commit fails after the file was written, which leaves the same state as a process that was killed.
    await database.pg.query(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no commit'; END $$;
      CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON api_keys DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION fail();`);
    await expect(makeFirstKey(database.db, file)).rejects.toThrow('no commit');
    const lost = await written();
    expect(await hashes()).toEqual([]);
    await database.pg.query('DROP TRIGGER fail ON api_keys');
    await makeFirstKey(database.db, file);
    expect(await written()).not.toBe(lost);
    expect(await hashes()).toEqual([hashApiKey(await written())]);
  });

  it('is not committed if its file cannot be written', async () => {
    await expect(makeFirstKey(database.db, join(folder, 'missing', 'first-key'))).rejects.toThrow('ENOENT');
    expect(await hashes()).toEqual([]);
  });
});
