import { connect as connectSocket } from 'node:net';
import pg from 'pg';
import { ADMIN_ROLE } from './postgres-cluster.ts';
import { POSTGRES_PORT, socketPath } from './postgres-socket.ts';
import type { Secrets } from './secrets.ts';
import { SupervisorError } from './supervisor-error.ts';

/** Role and database of the application; the role owns the database and is no superuser. */
const APP = 'airlock';

/**
 * A connection URL that `pg`, libpq and `new URL()` all read: the host in the query is the socket's folder and
 * takes the place of the one in front.
 */
export function socketUrl(socketFolder: string, password: string, user = APP, database = APP): string {
  return `postgresql://${user}:${password}@localhost:${POSTGRES_PORT}/${database}?host=${encodeURIComponent(socketFolder)}`;
}

/** SQLSTATE or errno of a failed connection. */
export function failureCode(error: unknown): string {
  return (error as { code?: string } | null)?.code ?? '';
}

const STARTING_UP = '57P03';
const NO_SOCKET = ['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'];
const WRONG_PASSWORD = '28P01';
const NO_DATABASE = '3D000';

/** True while a server that is on its way up (or replaying its log) cannot take connections yet. */
export function isStarting(error: unknown): boolean {
  return failureCode(error) === STARTING_UP || NO_SOCKET.includes(failureCode(error));
}

/** Whether anything listens on the socket; costs well under a millisecond and no log line of the server. */
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
 * Connects once as the application, making its role and database first when they are missing.
 * SCRAM proves both sides: a stranger's server on that socket learns nothing and is refused.
 */
export async function ensureDatabase(socketFolder: string, secrets: Secrets, fresh = false): Promise<void> {
  // A fresh cluster has no role yet: asking would only leave a failed login in the log.
  if (fresh) return bootstrap(socketFolder, secrets);
  try {
    await withClient(socketUrl(socketFolder, secrets.postgresPassword), (client) => client.query('SELECT 1'));
  } catch (error) {
    if (![WRONG_PASSWORD, NO_DATABASE].includes(failureCode(error))) throw error;
    await bootstrap(socketFolder, secrets);
  }
}

async function bootstrap(socketFolder: string, secrets: Secrets): Promise<void> {
  const url = socketUrl(socketFolder, secrets.postgresAdminPassword, ADMIN_ROLE, 'postgres');
  try {
    await withClient(url, async (client) => {
      const role = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [APP]);
      const verb = role.rowCount === 0 ? 'CREATE' : 'ALTER';
      // Statements of this kind take no parameters; a password of ours is base64url.
      await client.query(`${verb} ROLE ${APP} LOGIN PASSWORD ${client.escapeLiteral(secrets.postgresPassword)}`);
      const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [APP]);
      if (database.rowCount === 0) await client.query(`CREATE DATABASE ${APP} OWNER ${APP}`);
    });
  } catch (error) {
    if (failureCode(error) !== WRONG_PASSWORD) throw error;
    throw new SupervisorError(
      'secrets.json does not hold the password of this database',
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
  // A connection that breaks between two statements fails the next one; without a listener it would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
