import type { Config } from '../../config/config.ts';
import { DATABASE_ROLES } from '../../config/database-roles.ts';
import { migrateDatabase } from '../../database/migrate.ts';
import { openPool, type Pool } from '../../database/pool.ts';
import { grantRoles } from '../../database/roles.ts';
import { writeStamp } from '../../database/stamp.ts';
import { loadSecrets } from '../../supervisor/secrets.ts';
import { databaseUrl } from '../database-url.ts';
import { type FirstLogin, makeFirstKey } from '../make-first-key.ts';
import { programStamp, readSchema } from '../schema-stamp.ts';

/** The result of a migration. `firstKey` and `setupToken` are null unless a first key was requested. */
export interface MigrationResult extends FirstLogin {
  /** Names of the migrations that ran. */
  applied: string[];
  /** Database roles to which privileges were granted. */
  roles: string[];
}

export interface MigrateOptions {
  /** Creates a key if no key exists: `true` returns the key, and a path writes the key to that file, with mode 0600. */
  firstKey: boolean | string;
  /** Creates the roles of API and worker if they are missing. */
  roles?: boolean;
  /** Skips the migrations if this build has already run them. */
  onlyIfNeeded?: boolean;
}

/** Migrates the database of this configuration to the newest schema. */
export async function runMigrate(config: Config, options: MigrateOptions): Promise<MigrationResult> {
  return migrateAt(databaseUrl(config, await loadSecrets(config.dataDir), 'owner'), options);
}

/** Migrates the database at `url`, which includes the login of its owner. */
export async function migrateAt(url: string, options: MigrateOptions): Promise<MigrationResult> {
  const stamp = await programStamp();
  const isCurrent = options.onlyIfNeeded && (await readSchema(url, stamp, { roles: true })).isCurrent;
  const pool = openPool(url, { max: 2, role: 'migrate', onError: () => {}, silenceMs: 0 });
  try {
    const changes = isCurrent ? { applied: [], roles: [] } : await changeSchema(pool, stamp, options.roles ?? false);
    const first = options.firstKey
      ? await makeFirstKey(pool.db, options.firstKey)
      : { firstKey: null, setupToken: null };
    return { ...changes, ...first };
  } finally {
    await pool.close();
  }
}

async function changeSchema(pool: Pool, stamp: string | null, create: boolean) {
  const applied = await migrateDatabase(pool.db);
  const roles = await grantRoles(pool.db, { create }).catch(explainRoles);
  if (stamp) await writeStamp(pool.pg, stamp);
  return { applied, roles };
}

function explainRoles(error: Error & { code?: string }): never {
  // `insufficient_privilege` (PostgreSQL, appendix A).
  if (error.code !== '42501') throw error;
  const statements = Object.values(DATABASE_ROLES).map((role) => `CREATE ROLE ${role} NOLOGIN;`);
  throw new Error(
    `This login may not create or grant roles. Run this as a superuser, then migrate as the owner: ${statements.join(' ')}`,
    { cause: error },
  );
}
