import { type Selectable, sql } from 'kysely';
import { ApiError } from '../contract/errors.ts';
import { uuidv7 } from '../crypto/uuid.ts';
import type { Db, Tx } from '../database/pool.ts';
import type { OauthClientsTable } from '../database/tables.ts';

export type OauthClient = Selectable<OauthClientsTable>;

/** Maximum number of clients, because anyone may register a client. */
const MAX_CLIENTS = 2000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Registers a client. First deletes the clients without a valid grant that are older than a day. If there are still too many clients, also
 * deletes the oldest clients without a valid grant. Throws `unavailable` if the maximum number of clients have valid grants.
 */
export async function registerClient(tx: Tx, client: { name: string; redirectUris: string[] }): Promise<OauthClient> {
  await sql`DELETE FROM oauth_codes WHERE expires_at < now() - interval '1 day'`.execute(tx);
  const unused = sql`NOT EXISTS (SELECT FROM api_keys WHERE oauth_client_id = oauth_clients.id
    AND revoked_at IS NULL AND refresh_expires_at > now())`;
  await sql`DELETE FROM oauth_clients WHERE created_at < now() - interval '1 day' AND ${unused}`.execute(tx);
  await sql`
    DELETE FROM oauth_clients WHERE id IN (
      SELECT id FROM oauth_clients WHERE ${unused} ORDER BY created_at
      LIMIT greatest(0, (SELECT count(*) FROM oauth_clients) - ${MAX_CLIENTS - 1}))`.execute(tx);
  const { count } = await tx
    .selectFrom('oauth_clients')
    .select((select) => select.fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (count >= MAX_CLIENTS) throw new ApiError('unavailable');
  return tx
    .insertInto('oauth_clients')
    .values({ id: uuidv7(), name: client.name, redirect_uris: client.redirectUris })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function findClient(db: Db, id: string): Promise<OauthClient | undefined> {
  if (!UUID.test(id)) return undefined;
  return db.selectFrom('oauth_clients').selectAll().where('id', '=', id).executeTakeFirst();
}
