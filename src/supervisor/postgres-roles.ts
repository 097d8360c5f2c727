import { DATABASE_ROLES, type DatabaseRole } from '../config/database-roles.ts';
import { scramVerifier } from './scram.ts';
import type { Secrets } from './secrets.ts';

/** Superuser of the embedded server. */
export const ADMIN_ROLE = 'postgres';

/** Name of the application's database, and of the role that owns the database. None of the application's roles is a superuser. */
export const APP_DATABASE = 'airlock';

/** Roles that can log in: the owner, and a role for each process that uses the database. Each role has its own password. */
export const LOGINS = {
  owner: { role: APP_DATABASE, secret: 'postgresPassword' },
  api: { role: DATABASE_ROLES.api, secret: 'postgresApiPassword' },
  worker: { role: DATABASE_ROLES.worker, secret: 'postgresWorkerPassword' },
} as const satisfies Record<DatabaseRole | 'owner', { role: string; secret: keyof Secrets }>;

/**
 * Returns statements that set the password of every role, including the superuser, without containing a password in plain text. With
 * `null`, the statements remove the passwords, so that no client can log in.
 */
export function passwordStatements(secrets: Secrets | null): string[] {
  const roles = [{ role: ADMIN_ROLE, secret: 'postgresAdminPassword' } as const, ...Object.values(LOGINS)];
  return roles.map(
    ({ role, secret }) => `ALTER ROLE ${role} PASSWORD ${secrets ? `'${scramVerifier(secrets[secret])}'` : 'NULL'}`,
  );
}
