import type { Selectable } from 'kysely';
import { type Account, lockAccount } from '../accounts/accounts.ts';
import { type Actor, appendAudit } from '../accounts/audit.ts';
import { listCursors, pageOf } from '../accounts/list-cursor.ts';
import { type ConnectionView, MAX_CONNECTIONS } from '../contract/connections.ts';
import { ApiError } from '../contract/errors.ts';
import { nearestName } from '../contract/faults/near-name.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Vault } from '../crypto/vault.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { ConnectionsTable } from '../database/tables.ts';
import { type BucketAccess, openAccess, sealAccess } from './stored-connection.ts';

type Connection = Selectable<ConnectionsTable>;

/** Reads the connections of one account. */
export interface ConnectionReader {
  db: Db;
  vault: Vault;
  accountId: string;
}

/** Creates a connection whose bucket has been checked. Throws like `requireConnectionCapacity`. */
export async function createConnection(
  tx: Tx,
  vault: Vault,
  { account, by }: { account: Account; by: Actor },
  { name, access }: { name: string; access: BucketAccess },
): Promise<void> {
  // Lock the account, so that concurrent creates are counted exactly.
  await lockAccount(tx, account.id);
  await requireConnectionCapacity(tx, account.id, name);
  const key = { account_id: account.id, id: uuidv7() };
  await tx
    .insertInto('connections')
    .values({ ...key, name, access_sealed: sealAccess(vault, key, access) })
    .execute();
  await appendAudit(tx, { ...by, action: 'connection.created', target: key.id, result: 'ok' });
}

/** Throws `connection_exists` if the name is taken, or `too_many_connections` if the account has the maximum number of connections. */
export async function requireConnectionCapacity(db: Db, accountId: string, name: string): Promise<void> {
  const names = await namesOf(db, accountId);
  if (names.includes(name)) {
    const reason = `"${name}" is a connection of this account`;
    throw new ApiError('connection_exists', {
      field: 'name',
      reason,
      remedy: 'Choose another name, or delete it first',
    });
  }
  if (names.length < MAX_CONNECTIONS) return;
  throw new ApiError('too_many_connections', {
    metric: 'connections',
    limit: MAX_CONNECTIONS,
    reason: `the account has ${names.length} connections, and ${MAX_CONNECTIONS} are allowed`,
    remedy: 'Delete connections that you no longer need',
  });
}

/** Returns a page of the connections, sorted by name. An account has few connections, so this reads all of them. */
export async function listConnections(
  { db, vault, accountId }: ConnectionReader,
  query: { after?: string | undefined; limit: number },
): Promise<{ items: ConnectionView[]; next: string | null }> {
  const all = await db.selectFrom('connections').selectAll().where('account_id', '=', accountId).execute();
  const { rows, next } = pageOf(listCursors(vault, 'connections', accountId), all, query, {
    positionOf: ({ name }) => ({ key: '', id: name }),
    direction: 'asc',
  });
  return { items: rows.map((row) => viewConnection(vault, row)), next };
}

/** Returns a connection. Throws `not_found`. The error does not contain the text of the path. */
export async function getConnection(reader: ConnectionReader, name: string): Promise<ConnectionView> {
  const row = await rowOf(reader, name);
  if (!row) throw await notFound(reader, name);
  return viewConnection(reader.vault, row);
}

/** Deletes a connection with its access key. Jobs that need the connection then fail to read or to deliver. Throws `not_found`. */
export async function deleteConnection(tx: Tx, reader: ConnectionReader, name: string, by: Actor): Promise<void> {
  const deleted = await tx
    .deleteFrom('connections')
    .where('account_id', '=', reader.accountId)
    .where('name', '=', name)
    .returning('id')
    .executeTakeFirst();
  if (!deleted) throw await notFound({ ...reader, db: tx }, name);
  await appendAudit(tx, { ...by, action: 'connection.deleted', target: deleted.id, result: 'ok' });
}

async function notFound({ db, accountId }: ConnectionReader, name: string): Promise<ApiError> {
  const near = nearestName(name, await namesOf(db, accountId));
  const remedy = near === null ? 'Use a name that GET /v1/connections lists' : `Use "${near}"`;
  return new ApiError('not_found', {
    ...{ field: 'name', reason: 'is not the name of a connection', remedy },
    ...(near !== null && { near }),
  });
}

/** The access data of a connection, or the name that was probably meant. */
type FoundConnection = { access: BucketAccess } | { near: string | null };

/** Finds the connection that a job names. */
export async function findConnection(reader: ConnectionReader, name: string): Promise<FoundConnection> {
  const row = await rowOf(reader, name);
  if (row) return { access: openAccess(reader.vault, row) };
  return { near: nearestName(name, await namesOf(reader.db, reader.accountId)) };
}

function rowOf({ db, accountId }: ConnectionReader, name: string): Promise<Connection | undefined> {
  return db
    .selectFrom('connections')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('name', '=', name)
    .executeTakeFirst();
}

async function namesOf(db: Db, accountId: string): Promise<string[]> {
  const rows = await db.selectFrom('connections').select('name').where('account_id', '=', accountId).execute();
  return rows.map(({ name }) => name);
}

function viewConnection(vault: Vault, row: Connection): ConnectionView {
  const { endpoint, region, bucket, access_key_id, prefix = null, mode = 'read_write' } = openAccess(vault, row);
  const created_at = row.created_at.toISOString();
  return { name: row.name, endpoint, region, bucket, access_key_id, prefix, mode, created_at };
}
