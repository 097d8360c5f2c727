import { type PublicJwk, publicJwk } from '../crypto/signing.ts';
import type { Db } from '../database/pool.ts';

/** Records the public half of a signing key, so that its signatures can be verified after it is replaced. */
export async function registerSigningKey(db: Db, key: PublicJwk): Promise<void> {
  await db
    .insertInto('signing_keys')
    .values({ kid: key.kid, public_key: Buffer.from(key.x, 'base64url') })
    .onConflict((conflict) => conflict.column('kid').doNothing())
    .execute();
}

/** Returns every signing key that this service has used, newest first. */
export async function listSigningKeys(db: Db): Promise<PublicJwk[]> {
  const rows = await db.selectFrom('signing_keys').select('public_key').orderBy('created_at', 'desc').execute();
  return rows.map((row) => publicJwk(row.public_key));
}
