import type { Config } from '../../config/config.ts';
import { DATABASE_ROLES } from '../../config/database-roles.ts';
import { migrateDatabase } from '../../database/migrate.ts';
import { openPool } from '../../database/pool.ts';
import { grantRoles } from '../../database/roles.ts';
import { writeStamp } from '../../database/stamp.ts';
import { DEFAULT_ACCOUNT, ensureAccount } from '../../domain/accounts.ts';
import { createKey } from '../../domain/keys.ts';
import { migrateQueue } from '../../queue/queue.ts';
import { loadSecrets } from '../../supervisor/secrets.ts';
import { databaseUrl } from '../compose.ts';
import { programStamp } from '../schema-stamp.ts';

export interface MigrationResult {
  /** Names of the migrations that ran. */
  applied: string[];
  /** The very first key, when there was none and one was asked for. */
  firstKey: string | null;
  /** Database roles that have their rights now. */
  roles: string[];
}

/** Brings database and queue to the newest schema. */
export async function runMigrate(
  config: Config,
  options: { firstKey: boolean; roles?: boolean },
): Promise<MigrationResult> {
  const url = databaseUrl(config, await loadSecrets(config.dataDir), 'owner');
  const pool = openPool(url, { max: 2, role: 'migrate', onError: () => {} });
  try {
    const applied = await migrateDatabase(pool.db);
    await migrateQueue(url);
    const roles = await grantRoles(pool.db, { create: options.roles ?? false }).catch(explainRoles);
    const stamp = await programStamp();
    if (stamp) await writeStamp(pool.pg, stamp);
    if (!options.firstKey) return { applied, firstKey: null, roles };
    const firstKey = await pool.db.transaction().execute(async (tx) => {
      const any = await tx.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
      if (any) return null;
      const account = await ensureAccount(tx, DEFAULT_ACCOUNT, 'cli');
      const made = await createKey(tx, account.id, { name: 'first' }, { actor: 'cli' });
      return made.raw;
    });
    return { applied, firstKey, roles };
  } finally {
    await pool.close();
  }
}

function explainRoles(error: Error & { code?: string }): never {
  // insufficient_privilege (PostgreSQL, appendix A)
  if (error.code !== '42501') throw error;
  const statements = Object.values(DATABASE_ROLES).map((role) => `CREATE ROLE ${role} NOLOGIN;`);
  throw new Error(
    `This login may not make or grant roles. Run this as a superuser, then migrate as the owner: ${statements.join(' ')}`,
    { cause: error },
  );
}
