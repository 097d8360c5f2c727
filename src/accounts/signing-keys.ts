import type { Db } from '../database/pool.ts';
import { type PublicJwk, publicJwk } from '../ids/signing.ts';

/** Notes the public half of a key that signs from now on, so that its signatures can be checked after it was replaced. */
export async function registerSigningKey(db: Db, key: PublicJwk): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({ kid: key.kid, public_key: Buffer.from(key.x, 'base64url') })
    .onConflict((conflict) => conflict.column('kid').doNothing())
    .execute();
}

/** Every key that has signed here, newest first. */
export async function listSigningKeys(db: Db): Promise<PublicJwk[]> {
  const rows = await db.selectFrom('signing_keys').select('public_key').orderBy('created_at', 'desc').execute();
  return rows.map((row) => publicJwk(row.public_key));
}
