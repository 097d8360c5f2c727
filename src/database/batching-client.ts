import type { Duplex } from 'node:stream';
import pg from 'pg';
import { createStatementNames } from './statement-names.ts';
import { isStalePlan } from './transient.ts';

/** The connection below a client of `pg`, which its types leave out. */
type WithConnection = { readonly connection: { readonly stream: Duplex } };

/**
 * Milliseconds for which a connection keeps its plans. A plan made while a table was nearly empty reads all of it, and
 * statistics that would replace the plan are gathered once a minute.
 */
const PLAN_LIFE_MS = 10_000;

/** `in_failed_sql_transaction` */
const IN_FAILED_TRANSACTION = '25P02';

/** Of this process: all connections have the same statements. Tests renew them, because many test files share a process. */
export const names = createStatementNames();

/**
 * Sends all queries of one turn of the event loop with one system call: `pg` writes each at once, which wakes the server
 * for each. Prepares statements that run often: PostgreSQL parses and plans a small one longer than it runs it.
 */
export class BatchingClient extends pg.Client {
  #isInTransaction = false;
  /** The last failure of a statement that PostgreSQL has tried to run. */
  #failure: unknown;
  #plansSince = performance.now();

  // biome-ignore lint/suspicious/noExplicitAny: passes on every form of the arguments
  override query(...args: any[]): any {
    const { stream } = (this as unknown as WithConnection).connection;
    stream.cork();
    // After everything that this turn settles: BEGIN, and the statements of a `Promise.all`.
    setImmediate(() => stream.uncork());
    const [text, values] = args;
    // Kysely passes the text and its values; `pg.Pool` also passes a callback.
    if (args.length === 2 && typeof text === 'string' && Array.isArray(values)) return this.#run(text, values);
    return super.query(...(args as Parameters<pg.Client['query']>));
  }

  #run(text: string, values: unknown[]): Promise<pg.QueryResult> {
    return this.#send(text, values).catch((error: unknown) => {
      // In a transaction that has failed, every statement fails. Callers must learn the reason, such as a deadlock, from any of them.
      if ((error as { code?: string } | null)?.code === IN_FAILED_TRANSACTION) throw this.#failure ?? error;
      this.#failure = error;
      throw error;
    });
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
      // A migration has changed the columns. Nothing has happened, but a transaction must run again from its start.
      names.renew();
      if (!isAlone) throw error;
      return super.query(text, values);
    });
  }

  #renewPlans(): void {
    if (performance.now() - this.#plansSince < PLAN_LIFE_MS) return;
    this.#plansSince = performance.now();
    // Rejected in a transaction that has failed; then the next statement does it.
    super.query('DISCARD PLANS').catch(() => {});
  }
}
