import { connect as connectSocket } from 'node:net';
import pg from 'pg';
import { DATABASE_ROLES, type DatabaseRole } from '../config/database-roles.ts';
import { ADMIN_ROLE, APP_DATABASE, LOGINS } from './postgres-roles.ts';
import { POSTGRES_PORT, socketPath } from './postgres-socket.ts';
import type { Secrets } from './secrets.ts';
import { SupervisorError } from './supervisor-error.ts';

const ROLES = Object.keys(DATABASE_ROLES) as DatabaseRole[];

/**
 * Returns a connection URL that `pg`, libpq and `new URL()` all accept. The `host` parameter, which is the socket's folder, overrides the
 * host of the URL.
 */
export function socketUrl(socketFolder: string, password: string, user: string, database: string): string {
  return `postgresql://${user}:${password}@localhost:${POSTGRES_PORT}/${database}?host=${encodeURIComponent(socketFolder)}`;
}

/** Returns the connection URL of one of the roles of the application's database. */
export function embeddedUrl(socketFolder: string, secrets: Secrets, login: keyof typeof LOGINS): string {
  const { role, secret } = LOGINS[login];
  return socketUrl(socketFolder, secrets[secret], role, APP_DATABASE);
}

/** Returns the SQLSTATE or errno of a failed connection, or an empty string. */
export function failureCode(error: unknown): string {
  return (error as { code?: string } | null)?.code ?? '';
}

const STARTING_UP = '57P03';
const NO_SOCKET = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'];
const WRONG_PASSWORD = '28P01';
/** SQLSTATEs that mean: the role cannot log in, the database does not exist, or the role may not connect to it. */
const NOT_SET_UP = ['28000', '3D000', '42501'];

/** Whether the error means that the server is still starting or replaying its WAL. */
export function isStarting(error: unknown): boolean {
  return failureCode(error) === STARTING_UP || NO_SOCKET.includes(failureCode(error));
}

/** Whether a server listens on the socket. Takes well under a millisecond and writes no line to the server's log. */
export function listens(socketFolder: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectSocket(socketPath(socketFolder));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/**
 * Checks that every role can log in to the application's database. If not, or if the cluster is `fresh`, creates the missing roles and
 * database, and sets the passwords of all roles. SCRAM authenticates both sides: another server on that socket is rejected and learns no
 * password. The migrations grant the roles their privileges.
 */
export async function ensureDatabase(socketFolder: string, secrets: Secrets, fresh = false): Promise<void> {
  // A new cluster has no roles yet, so connecting would only log a failed login.
  if (fresh) return bootstrap(socketFolder, secrets);
  try {
    await withClient(embeddedUrl(socketFolder, secrets, 'owner'), requireRoles);
    await Promise.all(
      ROLES.map((role) => withClient(embeddedUrl(socketFolder, secrets, role), (client) => client.query('SELECT 1'))),
    );
  } catch (error) {
    if (!(error instanceof RolesMissing) && ![WRONG_PASSWORD, ...NOT_SET_UP].includes(failureCode(error))) throw error;
    await bootstrap(socketFolder, secrets);
  }
}

class RolesMissing extends Error {}

/** Checks as the owner that the roles exist, because failed logins would appear in the log. */
async function requireRoles(client: pg.Client): Promise<void> {
  const found = await client.query('SELECT FROM pg_roles WHERE rolname = ANY($1) AND rolcanlogin', [
    Object.values(DATABASE_ROLES),
  ]);
  if (found.rowCount !== ROLES.length) throw new RolesMissing();
}

async function bootstrap(socketFolder: string, secrets: Secrets): Promise<void> {
  const url = socketUrl(socketFolder, secrets.postgresAdminPassword, ADMIN_ROLE, 'postgres');
  try {
    await withClient(url, async (client) => {
      for (const { role, secret } of Object.values(LOGINS)) {
        const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
        const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
        // CREATE ROLE and ALTER ROLE accept no parameters. The passwords are base64url.
        await client.query(
          `${verb} ROLE ${role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
             PASSWORD ${client.escapeLiteral(secrets[secret])}`,
        );
      }
      const database = await client.query('SELECT FROM pg_database WHERE datname = $1', [APP_DATABASE]);
      if (database.rowCount === 0) await client.query(`CREATE DATABASE ${APP_DATABASE} OWNER ${LOGINS.owner.role}`);
      // By default, PostgreSQL lets every role connect to every database and create temporary tables in it.
      await client.query(`REVOKE ALL ON DATABASE ${APP_DATABASE}, postgres, template1 FROM PUBLIC`);
      await client.query(`GRANT CONNECT ON DATABASE ${APP_DATABASE} TO ${Object.values(DATABASE_ROLES).join(', ')}`);
    });
  } catch (error) {
    if (failureCode(error) !== WRONG_PASSWORD) throw error;
    throw new SupervisorError(
      'secrets.json does not contain the password of this database',
      'Restore the secrets.json that belongs to this data directory from a backup',
    );
  }
}

async function withClient(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'supervisor',
  });
  // After a broken connection, the next statement fails. Without a listener, the event would end this process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
