import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pg from 'pg';
import { createStatementNames } from './statement-names.ts';
import { isConnectionLost, isStalePlan } from './transient.ts';

/** The connection of a `pg` client, which the types of `pg` omit. */
type WithConnection = { readonly connection: { readonly stream: Duplex } };

/**
 * Milliseconds for which a connection keeps its plans. A plan that was made while a table was nearly empty reads the complete table, and
 * PostgreSQL gathers the statistics that would replace it only once a minute.
 */
const PLAN_LIFE_MS = 10_000;

/** SQLSTATE of a statement in a transaction that has already failed (`in_failed_sql_transaction`). */
const IN_FAILED_TRANSACTION = '25P02';

/**
 * Names of prepared statements. All connections of this process share these names, because they prepare the same statements. Tests renew
 * the names, because many test files share a process.
 */
export const names = createStatementNames();

/**
 * Sends all queries of one turn of the event loop with one system call. By itself, `pg` sends each query immediately, which wakes the
 * server for each query. Also prepares frequent statements, because PostgreSQL takes longer to parse and plan a small statement than to run
 * it.
 */
export class BatchingClient extends pg.Client {
  #isInTransaction = false;
  /** The last failure of a statement that PostgreSQL has tried to run. */
  #failure: unknown;
  /** The error that broke the connection. */
  #breakage: unknown;
  #isBroken = false;
  #plansSince = performance.now();

  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', (error) => {
      this.#breakage ??= error;
    });
  }

  // biome-ignore lint/suspicious/noExplicitAny: passes on every form of the arguments
  override query(...args: any[]): any {
    const { stream } = (this as unknown as WithConnection).connection;
    stream.cork();
    // Runs after all promises that settle in this turn have sent their queries, such as BEGIN and the statements of a `Promise.all`.
    setImmediate(() => stream.uncork());
    const [text, values] = args;
    // Kysely passes the text and its values; `pg.Pool` also passes a callback.
    if (args.length === 2 && typeof text === 'string' && Array.isArray(values)) return this.#run(text, values);
    return super.query(...(args as Parameters<pg.Client['query']>));
  }

  #run(text: string, values: unknown[]): Promise<pg.QueryResult> {
    return this.#send(text, values).catch(async (error: unknown) => {
      // After a failure, every further statement of a transaction fails. Callers must learn the original reason, such as a deadlock, from
      // each of these failures. The responses may arrive together, so wait until the original failure is known.
      if ((error as { code?: string } | null)?.code === IN_FAILED_TRANSACTION) {
        await nextTurn();
        throw this.#failure ?? error;
      }
      if (isConnectionLost(error)) throw this.#breakWith(error);
      this.#failure = error;
      throw error;
    });
  }

  /**
   * Returns the error that broke the connection, because later statements only report that the connection is broken. Ends the client
   * immediately. Otherwise, the pool could give it to another caller before it notices the end of its connection.
   */
  #breakWith(error: unknown): unknown {
    if (!this.#isBroken) {
      this.#isBroken = true;
      this.#breakage ??= error;
      this.end().catch(() => {});
    }
    return this.#breakage;
  }

  #send(text: string, values: unknown[]): Promise<pg.QueryResult> {
    if (/^(begin|start transaction)/i.test(text)) this.#isInTransaction = true;
    else if (/^(commit|rollback)$/i.test(text)) this.#isInTransaction = false;
    const name = names.nameOf(text);
    if (!name) return super.query(text, values);
    this.#renewPlans();
    const isAlone = !this.#isInTransaction;
    return super.query({ name, text, values }).catch((error: unknown) => {
      if (!isStalePlan(error)) throw error;
      // A migration has changed the columns. The statement has changed nothing, but a transaction must run again from its start.
      names.renew();
      if (!isAlone) throw error;
      return super.query(text, values);
    });
  }

  #renewPlans(): void {
    if (performance.now() - this.#plansSince < PLAN_LIFE_MS) return;
    this.#plansSince = performance.now();
    // This statement fails in a transaction that has failed. The connection then keeps its plans for another `PLAN_LIFE_MS`.
    super.query('DISCARD PLANS').catch(() => {});
  }
}
