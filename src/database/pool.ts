import {
  type ConnectionProvider,
  type DatabaseConnection,
  Kysely,
  PostgresDialect,
  PostgresDriver,
  sql,
  type Transaction,
  type TransactionSettings,
} from 'kysely';
import pg from 'pg';
import { FairPool } from '../pools/fair-pool.ts';
import { BatchingClient } from './batching-client.ts';
import { connectionPool, currentAccount, TURN_MS } from './connection-share.ts';
import type { Tables } from './tables.ts';
import { isTransient } from './transient.ts';

export type Database = Kysely<Tables>;
/** A transaction. Functions that change data require one. */
export type Tx = Transaction<Tables>;
/** A pool or a transaction, for reads that can use either. */
export type Db = Kysely<Tables>;

const INT8 = 20;
const DATE = 1082;
pg.types.setTypeParser(INT8, Number);
// A `date` is a calendar day, not an instant. As a `Date`, it would change with the time zone.
pg.types.setTypeParser(DATE, (text) => text);

export interface Pool {
  db: Database;
  pg: pg.Pool;
  close(): Promise<void>;
}

/** Milliseconds after which the server cancels a statement. */
const STATEMENT_MS = 30_000;
/**
 * Milliseconds after which a query without any response fails and its connection is closed. A reachable server would have responded
 * earlier. The kernel alone would repeat its packets for a quarter of an hour.
 */
const SILENCE_MS = STATEMENT_MS + 5_000;
/**
 * Milliseconds after which the server ends a transaction whose client sends nothing. This releases the locks of a process that is stopped
 * or unreachable, for which other processes wait.
 */
const IDLE_MS = 10_000;
/**
 * Milliseconds after which the kernel probes the peer of an idle connection. If the peer does not respond, the connection fails after ten
 * more seconds.
 */
export const KEEP_ALIVE_MS = 10_000;

/**
 * Opens a pool of at most `max` connections. Requests of accounts share the connections (`forAccount`). If an idle connection breaks, for
 * example because the server restarts, `pg` drops the connection and reports the error to `onError`. The next query then uses a new
 * connection.
 */
export function openPool(
  url: string,
  options: { max: number; role: string; onError: (error: Error) => void; silenceMs?: number },
): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: `airlock-${options.role}`,
    // An idle connection uses about 3 MB of the server's memory. One idle connection stays open, since a new connection takes 10 ms.
    min: 1,
    idleTimeoutMillis: 5_000,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    // Queries that are sent without awaiting each other share a round trip. They run in the order in which they are sent.
    pipeline: true,
    Client: BatchingClient,
    statement_timeout: STATEMENT_MS,
    query_timeout: options.silenceMs ?? SILENCE_MS,
    idle_in_transaction_session_timeout: IDLE_MS,
  });
  pool.on('error', options.onError);
  // If a connection breaks while its client is checked out, the client emits the error itself. Without a listener, the Node process would
  // exit.
  pool.on('connect', (client) => client.on('error', options.onError));
  const db = pipelining(new Kysely<Tables>({ dialect: new PipeliningDialect({ pool }, options.max) }));
  return {
    db,
    pg: pool,
    async close() {
      await db.destroy();
      // Kysely closes only a pool that it has used.
      if (!pool.ended) await pool.end();
    },
  };
}

/**
 * Sends the queries of `work` on one connection. Queries that do not await each other share one round trip. With the pool, each query would
 * take its own connection.
 */
export function pipelined<T>(db: Db, work: (connection: Db) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.connection().execute(work);
}

/** Statements that are sent with the COMMIT of their transaction, by connection. */
const lastStatements = new WeakMap<DatabaseConnection, Promise<unknown>[]>();
/** Connections whose COMMIT was sent. */
const committing = new WeakSet<DatabaseConnection>();

/**
 * Sends the COMMIT of a transaction in the same round trip as its last statements. The caller must have sent `statements` without awaiting
 * them, and must not send further statements with changes. If one of the statements fails, PostgreSQL rolls back the transaction, and the
 * transaction rejects with the error of this statement.
 */
export async function sendWithCommit(tx: Tx, statements: Promise<unknown>): Promise<void> {
  if (!tx.isTransaction) throw new Error('only a transaction has a COMMIT');
  const failures: unknown[] = [];
  statements.catch((error) => failures.push(error));
  await tx.getExecutor().provideConnection(async (connection) => {
    lastStatements.set(connection, [...(lastStatements.get(connection) ?? []), statements]);
  });
  // By the next tick, all promises that don't need a response have settled. A statement that could not be sent has rejected by then.
  // PostgreSQL would not roll back because of such a statement.
  await new Promise<void>((resolve) => process.nextTick(resolve));
  if (failures.length > 0) throw failures[0];
}

function takeLastStatements(connection: DatabaseConnection): Promise<unknown>[] {
  const statements = lastStatements.get(connection) ?? [];
  lastStatements.delete(connection);
  return statements;
}

/** Runs a part of a transaction. If the part rejects, only its changes are rolled back. */
export async function inSavepoint<T>(tx: Tx, work: () => Promise<T>): Promise<T> {
  await sql`SAVEPOINT part`.execute(tx);
  try {
    const result = await work();
    await sql`RELEASE SAVEPOINT part`.execute(tx);
    return result;
  } catch (error) {
    await sql`ROLLBACK TO SAVEPOINT part`.execute(tx).catch((failure: unknown) => {
      // If the part failed for another reason, its caller must not continue with a transaction that can't be committed.
      throw isTransient(error) ? error : failure;
    });
    throw error;
  }
}

/**
 * Lets `Promise.all` send the statements of a transaction, or of `pipelined`, at once. By itself, Kysely sends each statement only after
 * the response to the previous one. If a statement fails, all later statements of the transaction and the commit fail too.
 */
function pipelining(db: Database): Database {
  const executor = db.getExecutor();
  const withProvider = executor.withConnectionProvider.bind(executor);
  executor.withConnectionProvider = (provider) => withProvider(new ConcurrentProvider(provider));
  return db;
}

/** Provides a single connection to several statements at a time. The statements run in the order in which they request the connection. */
class ConcurrentProvider implements ConnectionProvider {
  readonly #single: ConnectionProvider;
  #connection: Promise<DatabaseConnection> | undefined;

  constructor(single: ConnectionProvider) {
    this.#single = single;
  }

  async provideConnection<T>(consumer: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    this.#connection ??= this.#single.provideConnection(async (connection) => connection);
    const connection = await this.#connection;
    if (committing.has(connection)) throw new Error('a statement was sent after the COMMIT of its transaction');
    return consumer(connection);
  }
}

/** Sends BEGIN together with the first statement of a transaction. */
class PipeliningDialect extends PostgresDialect {
  readonly #config: DialectConfig;
  readonly #connections: number;

  constructor(config: DialectConfig, connections: number) {
    super(config);
    this.#config = config;
    this.#connections = connections;
  }

  override createDriver(): PostgresDriver {
    return new PipeliningDriver(this.#config, this.#connections);
  }
}

type DialectConfig = ConstructorParameters<typeof PostgresDialect>[0];

class PipeliningDriver extends PostgresDriver {
  readonly #begun = new WeakMap<DatabaseConnection, Promise<void>>();
  readonly #shares: FairPool;
  /** Functions that return the places of the connections in use. */
  readonly #ends = new WeakMap<DatabaseConnection, () => void>();

  constructor(config: DialectConfig, connections: number) {
    super(config);
    this.#shares = new FairPool(connectionPool(connections));
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    const account = currentAccount();
    if (account === undefined) return super.acquireConnection();
    // Wait for a place before requesting a connection, because the queue of the pool is the same for all accounts.
    const end = await this.#shares.wait(account, { maxMs: TURN_MS });
    try {
      const connection = await super.acquireConnection();
      this.#ends.set(connection, end);
      return connection;
    } catch (error) {
      end();
      throw error;
    }
  }

  override async releaseConnection(connection: DatabaseConnection): Promise<void> {
    const end = this.#ends.get(connection);
    // Delete the place before the release, because another caller may get the connection after the release.
    this.#ends.delete(connection);
    try {
      await super.releaseConnection(connection as Parameters<PostgresDriver['releaseConnection']>[0]);
    } finally {
      end?.();
    }
  }

  override async beginTransaction(connection: DatabaseConnection, settings: TransactionSettings): Promise<void> {
    const begun = super.beginTransaction(connection, settings);
    begun.catch(() => {}); // The commit reports this error.
    this.#begun.set(connection, begun);
  }

  override async commitTransaction(connection: DatabaseConnection): Promise<void> {
    const last = takeLastStatements(connection);
    if (last.length === 0) await this.#begun.get(connection);
    committing.add(connection);
    try {
      const statements = [this.#begun.get(connection), ...last, super.commitTransaction(connection)];
      // Failures may arrive together. The first failure is the reason for the others.
      const failed = (await Promise.allSettled(statements)).find(({ status }) => status === 'rejected');
      if (failed) throw (failed as PromiseRejectedResult).reason;
    } finally {
      committing.delete(connection);
    }
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    takeLastStatements(connection);
    try {
      await super.rollbackTransaction(connection as Parameters<PostgresDriver['rollbackTransaction']>[0]);
    } catch {
      // The connection is broken and leaves the pool, so the server rolls back. The transaction must reject with its first error.
    }
  }
}
