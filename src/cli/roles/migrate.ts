import { DEFAULT_ACCOUNT, ensureAccount } from '../../accounts/accounts.ts';
import { createKey } from '../../accounts/keys.ts';
import type { Config } from '../../config/config.ts';
import { DATABASE_ROLES } from '../../config/database-roles.ts';
import { migrateDatabase } from '../../database/migrate.ts';
import { openPool, type Pool, type Tx } from '../../database/pool.ts';
import { grantRoles } from '../../database/roles.ts';
import { writeStamp } from '../../database/stamp.ts';
import { createSetupLink } from '../../identity/setup-links.ts';
import { hasNoUsers } from '../../identity/users.ts';
import { loadSecrets, writeAtomically } from '../../supervisor/secrets.ts';
import { databaseUrl } from '../database-url.ts';
import type { FirstKey } from '../first-key.ts';
import { isMigrated, programStamp } from '../schema-stamp.ts';

export interface MigrationResult {
  /** Names of the migrations that ran. */
  applied: string[];
  /** The first key, if there was none and one was requested. */
  firstKey: FirstKey | null;
  /** Token of the link with which the first operator signs in, made with the first key. */
  setupToken: string | null;
  /** Database roles that were granted their rights. */
  roles: string[];
}

export interface MigrateOptions {
  /** Creates a key if there is none: `true` returns it, a path writes it to that file, with mode 0600. */
  firstKey: boolean | string;
  /** Creates the roles of API and worker if they are missing. */
  roles?: boolean;
  /** Changes no schema that this build has already migrated. */
  onlyIfNeeded?: boolean;
}

/** Migrates the database of this configuration to the newest schema. */
export async function runMigrate(config: Config, options: MigrateOptions): Promise<MigrationResult> {
  return migrateAt(databaseUrl(config, await loadSecrets(config.dataDir), 'owner'), options);
}

/** Migrates the database at `url`, which includes the login of its owner. */
export async function migrateAt(url: string, options: MigrateOptions): Promise<MigrationResult> {
  const stamp = await programStamp();
  const isCurrent = options.onlyIfNeeded && (await isMigrated(url, stamp, { firstKey: false, roles: true }));
  const pool = openPool(url, { max: 2, role: 'migrate', onError: () => {}, silenceMs: 0 });
  try {
    const changes = isCurrent ? { applied: [], roles: [] } : await changeSchema(pool, stamp, options.roles ?? false);
    const { firstKey: wanted } = options;
    const first = wanted ? await pool.db.transaction().execute((tx) => makeFirst(tx, wanted)) : null;
    return { ...changes, firstKey: first?.key ?? null, setupToken: first?.setupToken ?? null };
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

/** Writes the file before the key is committed: a start that dies in between creates another and replaces the file. */
async function makeFirst(tx: Tx, wanted: true | string): Promise<{ key: FirstKey; setupToken: string | null } | null> {
  const any = await tx.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
  if (any) return null;
  const account = await ensureAccount(tx, DEFAULT_ACCOUNT, 'cli');
  const { raw } = await createKey(tx, account.id, { name: 'first' }, { actor: 'cli' });
  const setupToken = (await hasNoUsers(tx)) ? await createSetupLink(tx, null, { actor: 'cli' }) : null;
  if (wanted === true) return { key: { text: raw }, setupToken };
  await writeAtomically(wanted, `${raw}\n`, 0o600);
  return { key: { file: wanted }, setupToken };
}

function explainRoles(error: Error & { code?: string }): never {
  // insufficient_privilege (PostgreSQL, appendix A)
  if (error.code !== '42501') throw error;
  const statements = Object.values(DATABASE_ROLES).map((role) => `CREATE ROLE ${role} NOLOGIN;`);
  throw new Error(
    `This login may not create or grant roles. Run this as a superuser, then migrate as the owner: ${statements.join(' ')}`,
    { cause: error },
  );
}
