import type { Duplex } from 'node:stream';
import pg from 'pg';
import { preparedName } from './prepared.ts';

/** The connection below a client of `pg`, which its types leave out. */
type WithConnection = { readonly connection: { readonly stream: Duplex } };

/**
 * Sends all queries of one turn of the event loop with one system call. `pg` writes each at once, which wakes the server
 * for each: that was a third of the CPU time of accepting a job. Prepares the statements of `executePrepared`.
 */
export class BatchingClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: passes on every form of the arguments
  override query(...args: any[]): any {
    const { stream } = (this as unknown as WithConnection).connection;
    stream.cork();
    // After everything that this turn settles: BEGIN, and the statements of a `Promise.all`.
    setImmediate(() => stream.uncork());
    const [text, values] = args;
    const name = typeof text === 'string' ? preparedName(text) : undefined;
    return name ? super.query({ name, text, values }) : super.query(...(args as Parameters<pg.Client['query']>));
  }
}
