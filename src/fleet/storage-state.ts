import { sql } from 'kysely';
import { bytesToCome, promisedToAll, storeSpace } from '../accounts/stored-bytes.ts';
import type { Context } from '../database/context.ts';

/** How full the storage is. Reports what the rows say even while the storage does not answer. */
export async function readStorage({ db, store }: Pick<Context, 'db' | 'store'>) {
  const [stored, promised, space] = await Promise.all([
    db
      .selectFrom('objects')
      .select(sql<number>`coalesce(sum(size), 0)::float8`.as('bytes'))
      .where('state', 'in', ['pending', 'live', 'deleting'])
      .executeTakeFirstOrThrow(),
    promisedToAll(db),
    storeSpace({ store }).catch(() => null),
  ]);
  return {
    stored_bytes: stored.bytes,
    promised_bytes: bytesToCome(promised, space?.stagedBytes ?? 0),
    disk: space && { spare_bytes: Math.max(0, space.spareBytes) },
  };
}
