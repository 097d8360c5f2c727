import { bytesToCome, promisedToAll, storedByAll, storeSpace } from '../accounts/stored-bytes.ts';
import type { Context } from '../database/context.ts';

/** How full the storage is. Reports what the rows say even while the storage does not answer. */
export async function readStorage({ db, store }: Pick<Context, 'db' | 'store'>) {
  const [stored, promised, space] = await Promise.all([
    storedByAll(db),
    promisedToAll(db),
    storeSpace({ store }).catch(() => null),
  ]);
  return {
    stored_bytes: stored,
    promised_bytes: bytesToCome(promised, space?.stagedBytes ?? 0),
    disk: space && { spare_bytes: Math.max(0, space.spareBytes) },
  };
}
