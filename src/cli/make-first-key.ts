import { sql } from 'kysely';
import { DEFAULT_ACCOUNT, ensureAccount } from '../accounts/accounts.ts';
import { createKey } from '../accounts/keys.ts';
import type { Database, Tx } from '../database/pool.ts';
import { createSetupLink } from '../identity/setup-links.ts';
import { hasNoUsers } from '../identity/users.ts';
import { writeAtomically } from '../supervisor/secrets.ts';
import type { FirstKey } from './first-key.ts';

const FIRST_KEY_LOCK = 0x46_49_52_53; // "FIRS"

/** Where to deliver the key: `true` returns the key, and a path writes the key to that file with mode 0600. */
export type WantedKey = true | string;

/** The data with which the first operator of an installation signs in. */
export interface FirstLogin {
  /** The first key; null if a key already exists. */
  firstKey: FirstKey | null;
  /** Token of the link with which the first operator signs in. Null if a key or a user already exists. */
  setupToken: string | null;
}

/**
 * Creates the first key and the set-up link unless a key exists.
 * @param db connections of the owner or of the API, whose role also creates keys for callers
 */
export async function makeFirstKey(db: Database, wanted: WantedKey): Promise<FirstLogin> {
  return db.transaction().execute((tx) => makeFirst(tx, wanted));
}

/**
 * Writes the file before the transaction commits the key. If the start is interrupted in between, the next start creates another key and
 * replaces the file.
 */
async function makeFirst(tx: Tx, wanted: WantedKey): Promise<FirstLogin> {
  // The lock serializes two machines that start with the same database at the same time.
  await sql`SELECT pg_advisory_xact_lock(${FIRST_KEY_LOCK})`.execute(tx);
  const any = await tx.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
  if (any) return { firstKey: null, setupToken: null };
  const account = await ensureAccount(tx, DEFAULT_ACCOUNT, 'cli');
  const { raw } = await createKey(tx, account.id, { name: 'first' }, { actor: 'cli' });
  const setupToken = (await hasNoUsers(tx)) ? await createSetupLink(tx, null, { actor: 'cli' }) : null;
  if (wanted === true) return { firstKey: { text: raw }, setupToken };
  await writeAtomically(wanted, `${raw}\n`, 0o600);
  return { firstKey: { file: wanted }, setupToken };
}
