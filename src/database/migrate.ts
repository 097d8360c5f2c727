import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Migration, type MigrationProvider, Migrator, sql } from 'kysely';
import { migrationFiles, migrationsFolder } from './migrations-folder.ts';
import type { Database } from './pool.ts';

const MINIMUM_VERSION = 150_000;

/**
 * Milliseconds for which a migration waits for a lock. While it waits, all statements on the table queue behind it, and it keeps its other
 * locks. This is shorter than the second after which PostgreSQL checks for a deadlock, so that the migration fails rather than a request.
 */
const LOCK_MS = 100;
/** Milliseconds between two attempts at a migration that did not get its locks, multiplied by a random number from 0.5 to 1.5. */
const PAUSE_MS = 300;
/** Milliseconds after which a migration that never gets its locks fails, because another program, such as a backup, holds them. */
const PATIENCE_MS = 120_000;

/** Provides the migrations: numbered, forward-only `.sql` files. Each file runs in its own transaction, under Kysely's advisory lock. */
class SqlFiles implements MigrationProvider {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async getMigrations(): Promise<Record<string, Migration>> {
    const folder = this.#folder;
    const entries = (await migrationFiles(folder)).map((name): [string, Migration] => {
      const up = async (db: Database) => {
        // A large table may take longer than the time limit of the pool.
        await sql`SET LOCAL statement_timeout = 0`.execute(db);
        await sql.raw(`SET LOCAL lock_timeout = ${LOCK_MS}`).execute(db);
        await sql.raw(await readFile(join(folder, name), 'utf8')).execute(db);
      };
      return [name.replace(/\.sql$/, ''), { up }];
    });
    return Object.fromEntries(entries);
  }
}

/**
 * Migrates the database to the newest schema. Returns the names of the migrations that ran. Programs may use the database meanwhile: a
 * migration that does not get its locks at once releases the locks it has, and is repeated.
 */
export async function migrateDatabase(
  db: Database,
  { patienceMs = PATIENCE_MS, folder = migrationsFolder() } = {},
): Promise<string[]> {
  const { rows } = await sql<{ version: number }>`
    SELECT current_setting('server_version_num')::int AS version`.execute(db);
  const version = rows[0]?.version ?? 0;
  if (version < MINIMUM_VERSION) {
    throw new Error(`PostgreSQL ${Math.floor(version / 10_000)} is too old. Use PostgreSQL 15 or newer.`);
  }
  await rejectPrereleases(db);
  const migrator = new Migrator({
    db,
    provider: new SqlFiles(folder),
    migrationTableName: 'schema_migrations',
    migrationLockTableName: 'schema_migrations_lock',
  });
  const applied: string[] = [];
  for (let waitedSince: number | null = null; ; ) {
    const { error, results = [] } = await migrator.migrateUp();
    if (error) {
      waitedSince ??= Date.now();
      if (!isBusy(error) || Date.now() - waitedSince > patienceMs) throw error;
      await sleep(PAUSE_MS * (0.5 + Math.random()));
      continue;
    }
    if (results.length === 0) return applied;
    waitedSince = null;
    applied.push(...results.map(({ migrationName }) => migrationName));
  }
}

/** Whether a migration failed because it did not get a lock in time, or because of a deadlock. */
function isBusy(error: unknown): boolean {
  return ['55P03', '40P01'].includes((error as { code?: string }).code ?? '');
}

/** Rejects schemas of versions before 0.1.0, which cannot be migrated because their jobs are stored in another form. */
async function rejectPrereleases(db: Database): Promise<void> {
  const { rows } = await sql<{ found: boolean }>`SELECT to_regclass('transcodes') IS NOT NULL AS found`.execute(db);
  if (!rows[0]?.found) return;
  throw new Error(
    'This database was made by a version before 0.1.0 and cannot be migrated. Move the data directory elsewhere, or name an empty database in AIRLOCK_DATABASE_URL.',
  );
}
