import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Migration, type MigrationProvider, Migrator, sql } from 'kysely';
import { migrationFiles, migrationsFolder } from './migrations-folder.ts';
import type { Database } from './pool.ts';

const MINIMUM_VERSION = 150_000;

/** Numbered, forward-only `.sql` files; each runs in Kysely's migration transaction, under its advisory lock. */
class SqlFiles implements MigrationProvider {
  async getMigrations(): Promise<Record<string, Migration>> {
    const folder = migrationsFolder();
    const entries = (await migrationFiles(folder)).map((name): [string, Migration] => {
      const up = async (db: Database) => {
        await sql.raw(await readFile(join(folder, name), 'utf8')).execute(db);
      };
      return [name.replace(/\.sql$/, ''), { up }];
    });
    return Object.fromEntries(entries);
  }
}

/** Migrates the database to the newest schema; returns the names of the migrations that ran. */
export async function migrateDatabase(db: Database): Promise<string[]> {
  const { rows } = await sql<{ version: number }>`
    SELECT current_setting('server_version_num')::int AS version`.execute(db);
  const version = rows[0]?.version ?? 0;
  if (version < MINIMUM_VERSION) {
    throw new Error(`PostgreSQL ${Math.floor(version / 10_000)} is too old. Use PostgreSQL 15 or newer.`);
  }
  await refusePrereleases(db);
  const migrator = new Migrator({
    db,
    provider: new SqlFiles(),
    migrationTableName: 'schema_migrations',
    migrationLockTableName: 'schema_migrations_lock',
  });
  const { error, results } = await migrator.migrateToLatest();
  if (error) throw error;
  return (results ?? []).filter((result) => result.status === 'Success').map((result) => result.migrationName);
}

/** Schemas of versions before 0.1.0 cannot be migrated: their jobs are stored in another form. */
async function refusePrereleases(db: Database): Promise<void> {
  const { rows } = await sql<{ found: boolean }>`SELECT to_regclass('transcodes') IS NOT NULL AS found`.execute(db);
  if (!rows[0]?.found) return;
  throw new Error(
    'This database was made by a version before 0.1.0 and cannot be migrated. Move the data directory away, or name an empty database in AIRLOCK_DATABASE_URL.',
  );
}
