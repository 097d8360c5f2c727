import { AsyncLocalStorage } from 'node:async_hooks';
import type { PoolShape } from '../pools/share.ts';

/*
 * An account's share of the database connections. A request names its account once, when it is authenticated. Every later query of the
 * request counts against that account's share, so that no route can omit it.
 */

/** Maximum number of milliseconds that a query or transaction waits for its turn. */
export const TURN_MS = 30_000;
/** Number of connections that are reserved for work without an account: authentication, event streams and maintenance. */
const FOR_NO_ACCOUNT = 2;

/** Returns how accounts share the connections of a pool. A connection is in use for milliseconds, so an account needs few connections. */
export function connectionPool(connections: number): PoolShape {
  const places = Math.max(1, connections - FOR_NO_ACCOUNT);
  return { places, share: Math.max(1, Math.floor(connections / 3)), reserved: Math.floor(places / 4) };
}

/** Allows one task per account at a time. Accounts never wait for each other. */
export const ONE_PER_ACCOUNT: PoolShape = { places: Number.POSITIVE_INFINITY, share: 1, reserved: 0, quiet: 1 };

const accountOfWork = new AsyncLocalStorage<string | undefined>();

/** Runs `work`. Counts its connections, and the connections of all work that it starts, against the share of the account. */
export function forAccount<T>(accountId: string, work: () => T): T {
  return accountOfWork.run(accountId, work);
}

/** Runs work that serves several accounts, but was started by a request of one account. */
export function forAllAccounts<T>(work: () => T): T {
  return accountOfWork.run(undefined, work);
}

/** Returns the account of the current work. Undefined for work that belongs to no account. */
export function currentAccount(): string | undefined {
  return accountOfWork.getStore();
}
